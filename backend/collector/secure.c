#include "collector/secure.h"

#include "api/paths.h"
#include "io/secrets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE LOOP_S(20)

static bool
check(const struct settings *settings, struct failure *why)
{
    const char *certificate = settings_text(settings, "tls-certificate"), *key = settings_text(settings, "tls-key");

    if (certificate == NULL)
        return failure_set(why, FAILURE_USAGE, "listening over TLS needs tls-certificate, by which senders know us");
    if (access(certificate, R_OK) < 0)
        return failure_errno(why, errno, "tls-certificate %s", certificate);
    return secret_file_check(key != NULL ? key : certificate, why);
}

bool
secure_command(const struct settings *settings, int n, struct secure_command *out, struct failure *why)
{
    static const char *const words[SECURE_WORDS] = { "certificate", "key", "oldest" };
    const char **next = out->argv;

    if (!check(settings, why) || !paths_program("trapline-tls", out->program, sizeof out->program, why))
        return false;
    snprintf(out->number, sizeof out->number, "%d", n);
    *next++ = out->program;
    *next++ = "listen";
    *next++ = out->number;
    for (int i = 0; i < SECURE_WORDS; i++) {
        char option[32];
        const char *value;

        snprintf(option, sizeof option, "tls-%s", words[i]);
        value = settings_text(settings, option);
        if (value == NULL)
            continue;
        snprintf(out->room[i], sizeof out->room[i], "%s=%s", words[i], value);
        *next++ = out->room[i];
    }
    *next = NULL;
    return true;
}

struct request *
secure_try(struct loop *loop, const struct settings *settings, capture_fn *fn, void *arg, struct failure *why)
{
    struct secure_command command = { 0 };
    struct child_options options = { .argv = command.argv, .deadline = PATIENCE };

    return secure_command(settings, 0, &command, why) ?
           capture_start(loop, "trapline-tls", &options, NULL, 0, 0, fn, arg) : NULL;
}

bool
secure_verdict(const struct capture_reply *reply, struct failure *why)
{
    if (reply->failure == NULL)
        return true;
    if (reply->n_err > 0)
        return failure_set(why, FAILURE_USAGE, "%.*s", (int) strcspn(reply->err, "\n"), reply->err);
    *why = *reply->failure;
    return false;
}
