/* trapline mail bounce: a bounce from a pipe (an alias, procmail, sieve) marks the recipient in the outbox. */
#include "cli/json.h"
#include "cli/mail.h"
#include "cli/outbox.h"

#include "api/bounce.h"
#include "api/outbox.h"
#include "api/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOCK_TRIES = 250, LOCK_MS = 20 };

static bool
mark(struct cli *cli, struct store *store, const struct bounce *bounce, const struct bounce_recipient *to, struct failure *why)
{
    char words[800], enhanced[32];

    text_sanitize((const uint8_t *) to->words, strlen(to->words), words, sizeof words);
    text_sanitize((const uint8_t *) to->enhanced, strlen(to->enhanced), enhanced, sizeof enhanced);
    if (words[0] == '\0')
        snprintf(words, sizeof words, "%s", to->final ? "it bounced" : "it is late");
    for (int tries = 0; !outbox_bounced(store, bounce->message_id, 0, to->address, to->final, enhanced, words, why); tries++)
        if (why->kind != FAILURE_BUSY || tries == LOCK_TRIES || !cli_turn(cli, LOCK_MS))
            return false;
    if (cli_format(cli) == CLI_JSON) {
        struct json *line = json_new_object();

        json_text(line, "message-id", bounce->message_id);
        json_text(line, "address", to->address);
        json_text(line, "state", to->final ? "dead" : "late");
        json_text(line, "enhanced", enhanced);
        json_text(line, "words", words);
        json_text(line, "meaning", mail_code_words(0, enhanced));
        json_print(line);
    } else
        printf("%s  %s  %s%s%s\n", to->final ? "dead" : "late", to->address, enhanced, enhanced[0] != '\0' ? " " : "", words);
    return true;
}

/* Addresses that were only found in a text may be anybody's: those the mail did not go to are passed over. */
static int
mark_all(struct cli *cli, struct store *store, const struct bounce *bounce)
{
    struct failure why = { 0 }, absent = { 0 };
    size_t marked = 0;

    for (size_t i = 0; i < bounce->n; i++) {
        if (mark(cli, store, bounce, &bounce->recipients[i], &why))
            marked++;
        else if (why.kind != FAILURE_ABSENT)
            return cli_failed(cli, &why);
        else
            absent = why;
    }
    if (marked == 0)
        return cli_failed(cli, &absent), CLI_NO;
    return CLI_DONE;
}

static int
run_bounce(struct cli *cli)
{
    int status = CLI_OUR_FAILURE;
    struct loop *loop = cli_loop(cli, &status);
    struct store *store = loop != NULL ? cli_store(cli, STORE_WRITE, &status) : NULL;
    struct bounce *bounce;
    struct failure why;
    char *octets;
    size_t n = 0;
    bool good;

    if (store == NULL)
        return status;
    octets = outbox_read(cli, cli_operand(cli, 0), &n);
    if (octets == NULL)
        return CLI_USAGE;
    bounce = calloc(1, sizeof *bounce);
    good = bounce != NULL && bounce_read(octets, n < BOUNCE_MAX ? n : BOUNCE_MAX, bounce, &why);
    status = bounce == NULL ? CLI_OUR_FAILURE : good ? mark_all(cli, store, bounce) : (cli_failed(cli, &why), CLI_NO);
    free(bounce);
    free(octets);
    return status;
}

const struct cli_command mail_bounce_command = {
    .name = "bounce", .operands = "[FILE]", .help = "read a bounce and mark whom it is about", .run = run_bounce, .most = 1,
};
