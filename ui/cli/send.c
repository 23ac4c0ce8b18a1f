/* trapline send: a mail by the outbox. */
#include "cli/commands.h"
#include "cli/outbox.h"

#include "api/memory.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static int
run_send(struct cli *cli)
{
    const struct passwd *person = getpwuid(getuid());
    struct mail_recipient to[MAIL_RECIPIENTS_MAX];
    struct mail_attachment attached = { .type = "application/octet-stream" };
    char cause[80], *list, *text, *octets = NULL;
    const char *attach = cli_value(cli, "attach");
    struct mail mail = { .relay = cli_value(cli, "relay"), .from = cli_value(cli, "from"), .cause = cause,
                         .subject = cli_value(cli, "subject"), .recipients = to };
    int status = CLI_USAGE;
    size_t n;

    if (cli_value(cli, "to") == NULL || mail.subject == NULL)
        return cli_usage(cli, "say to whom and about what: --to ADDRESS,… --subject TEXT");
    if (cli_operand(cli, 0) == NULL && isatty(STDIN_FILENO))
        return cli_usage(cli, "name a file with the text, or write it to standard input");
    text = outbox_read(cli, cli_operand(cli, 0), &n);
    if (text == NULL)
        return status;
    if (attach != NULL) {
        octets = outbox_read(cli, attach, &attached.n);
        attached.name = base_name(attach);
        attached.octets = (const uint8_t *) octets;
        mail.attachments = &attached;
        mail.n_attachments = 1;
    }
    snprintf(cause, sizeof cause, "person %.60s", person != NULL ? person->pw_name : "unknown");
    list = memory_text(cli_value(cli, "to"));
    mail.n_recipients = outbox_recipients(list, to, MAIL_RECIPIENTS_MAX);
    mail.text = text;
    if (strlen(text) != n)
        cli_usage(cli, "%s: is no text: it has a NUL in it; --attach sends it as it is", cli_operand(cli, 0) != NULL
                  ? cli_operand(cli, 0) : "standard input");
    else if (attach == NULL || octets != NULL)
        status = outbox_put(cli, &mail);
    free(list);
    free(octets);
    free(text);
    return status;
}

static const struct cli_option send_options[] = {
    { "to", 0, "ADDRESS,…", "recipients", false },
    { "subject", 0, "TEXT", "the subject", false },
    { "from", 0, "ADDRESS", "the sender; default: the relay's", false },
    { "relay", 0, "NAME", "by this mail section; default: the first that works", false },
    { "attach", 0, "FILE", "send it along", false },
    { "wait", 0, "SECONDS", "until it is known what became of it", false },
    { 0 },
};

const struct cli_command command_send = {
    .name = "send", .operands = "[FILE]", .help = "mail a text by the outbox", .run = run_send, .options = send_options,
    .most = 1,
};
