/* trapline-tls: TLS and DTLS for those who hold SNMP's secrets and should not hold OpenSSL (core/relay.h). */
#include "tls/programs.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

int
main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts(PACKAGE_STRING);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    if (argc > 2 && strcmp(argv[1], "ask") == 0)
        return ask_run(argc - 2, argv + 2);
    if (argc > 2 && strcmp(argv[1], "listen") == 0)
        return listen_run(argc - 2, argv + 2);
    fputs("trapline-tls: trapline and traplined start it; there is nothing to do by hand\n", stderr);
    return 2;
}
