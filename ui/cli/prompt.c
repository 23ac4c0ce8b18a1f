/* Passwords that nothing else says are asked for on the terminal, unseen, once for each profile. */
#include "cli/prompt.h"

#include "api/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

enum { SECRET_MAX = 255, CONTROL_C = 3, CONTROL_D = 4, BACKSPACE = 8, CONTROL_U = 21, DELETE = 127 };

/* A line from the terminal. False when it was broken off, or is too long. */
static bool
read_line(int fd, char *line)
{
    size_t n = 0;
    char c;

    while (n < SECRET_MAX) {
        ssize_t got = read(fd, &c, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || c == CONTROL_C || c == CONTROL_D)
            return false;
        if (c == '\n' || c == '\r') {
            line[n] = '\0';
            return true;
        }
        if (c == DELETE || c == BACKSPACE)
            n -= n > 0;
        else if (c == CONTROL_U)
            n = 0;
        else
            line[n++] = c;
    }
    return false;
}

static bool
ask(int fd, const char *what, const char *user, char line[SECRET_MAX + 1])
{
    struct termios before, quiet;
    bool good;

    if (tcgetattr(fd, &before) != 0)
        return false;
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t) (ECHO | ICANON | ISIG);
    tcsetattr(fd, TCSAFLUSH, &quiet);
    dprintf(fd, "%s of %s: ", what, user);
    good = read_line(fd, line);
    tcsetattr(fd, TCSAFLUSH, &before);
    dprintf(fd, "\n");
    return good;
}

/* What was typed before for the same profile, or is typed now. */
static bool
fill(struct cli *cli, const struct profile *p, const char *what, const char *option, struct secret_source *out)
{
    char line[SECRET_MAX + 1], key[400];
    int fd;

    if (settings_secret_is_given(out))
        return true;
    snprintf(key, sizeof key, "%s %s", option, p->name);
    if ((out->text = cli_typed(cli, key)) != NULL)
        return true;
    if ((fd = open("/dev/tty", O_RDWR | O_CLOEXEC)) < 0)
        return cli_usage(cli, "no %s of %s is given: --%s-file, a profile's %s-file or -command, or run on a terminal to "
                         "be asked", what, p->user, option, option), false;
    if (ask(fd, what, p->user, line))
        out->text = cli_keep_typed(cli, key, line);
    else
        cli_usage(cli, "no %s was typed, or one of more than %d octets", what, SECRET_MAX - 1);
    explicit_bzero(line, sizeof line);
    close(fd);
    return out->text != NULL;
}

bool
prompt_passwords(struct cli *cli, struct profile *p)
{
    bool auth = p->level != NULL ? strcasecmp(p->level, "noAuthNoPriv") != 0 : p->auth != NULL || p->priv != NULL;
    bool priv = p->level != NULL ? strcasecmp(p->level, "authPriv") == 0 : p->priv != NULL;

    if (p->version != 3 || p->user == NULL || p->tls_certificate != NULL)
        return true;
    return (!auth || fill(cli, p, "authentication password", "auth-password", &p->auth_password)) &&
           (!priv || fill(cli, p, "privacy password", "priv-password", &p->priv_password));
}
