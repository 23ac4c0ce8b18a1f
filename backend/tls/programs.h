#ifndef TLS_PROGRAMS_H
#define TLS_PROGRAMS_H

/* `trapline-tls ask tls|dtls HOST PORT WORD...`: the words are tls_terms'. */
int ask_run(int n, char **words);
/* `trapline-tls listen N WORD...`: N sockets and their pairs, as io/inlet.h has them; 0: only say what is wrong. */
int listen_run(int n, char **words);

#endif
