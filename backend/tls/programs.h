#ifndef TLS_PROGRAMS_H
#define TLS_PROGRAMS_H

/* `trapline-tls ask tls|dtls HOST PORT WORD...`: the words are tls_terms'. */
int ask_run(int n, char **words);

#endif
