#include "snmp-agent.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

void
helper_start(struct helper *helper, const char *script, const char *argument)
{
    const char *top = getenv("top_srcdir");
    int to[2], from[2];
    char path[1024];

    snprintf(path, sizeof path, "%s/tests/%s", top != NULL ? top : ".", script);
    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    helper->pid = fork();
    assert_true(helper->pid >= 0);
    if (helper->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(to[0], 0);
        dup2(from[1], 1);
        for (int fd = 3; fd < 256; fd++)
            close(fd);
        execl("/usr/bin/python3", "python3", path, argument, (char *) NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    helper->to = fdopen(to[1], "w");
    helper->from = fdopen(from[0], "r");
    alarm(60);
    if (fgets(helper->ready, sizeof helper->ready, helper->from) == NULL || strncmp(helper->ready, "ready ", 6) != 0)
        fail_msg("%s did not get ready", path);
    alarm(0);
    memmove(helper->ready, helper->ready + 6, strlen(helper->ready + 6) + 1);
    helper->ready[strcspn(helper->ready, "\n")] = '\0';
    helper->port = atoi(helper->ready);
}

void
helper_say(struct helper *helper, const char *line)
{
    char answer[512];

    fprintf(helper->to, "%s\n", line);
    fflush(helper->to);
    alarm(60);
    assert_non_null(fgets(answer, sizeof answer, helper->from));
    alarm(0);
}

void
helper_stop(struct helper *helper)
{
    fclose(helper->to);
    fclose(helper->from);
    kill(helper->pid, SIGTERM);
    waitpid(helper->pid, NULL, 0);
}
