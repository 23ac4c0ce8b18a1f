/* trapline mail: the outbox from the command line. */
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/mail.h"
#include "cli/mib.h"
#include "cli/outbox.h"

#include "api/loop.h"
#include "api/text.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LIST_MAX = 10000, LOCK_TRIES = 250, LOCK_MS = 20 };

struct listing {
    struct cli *cli;
    bool all, whole;
    size_t shown;
};

enum { COLUMNS = 14 };

static void
format_time(int64_t at, char text[32])
{
    time_t seconds = (time_t) (at / 1000000000);
    struct tm tm;

    strftime(text, 32, "%Y-%m-%d %H:%M:%S", localtime_r(&seconds, &tm));
}

static struct json *
mail_json(const struct mail *mail, bool whole)
{
    struct json *line = json_new_object(), *recipients = json_new_array();

    json_integer(line, "id", mail->id);
    json_text(line, "state", mail_state_word(mail->state));
    json_real(line, "created", (double) mail->created / 1e9);
    json_real(line, "due", (double) mail->due / 1e9);
    json_real(line, "expires", (double) mail->expires / 1e9);
    json_text(line, "cause", mail->cause);
    json_text(line, "relay", mail->relay);
    json_text(line, "subject", mail->subject);
    json_text(line, "message-id", mail->message_id);
    json_integer(line, "attempts", mail->attempts);
    json_text(line, "words", mail->words);
    for (size_t i = 0; i < mail->n_recipients; i++) {
        const struct mail_recipient *r = &mail->recipients[i];
        struct json *one = json_new_object();

        json_text(one, "address", r->address);
        json_text(one, "state", mail_state_word(r->state));
        json_integer(one, "code", r->code);
        json_text(one, "enhanced", r->enhanced);
        json_text(one, "words", r->words);
        json_text(one, "meaning", mail_code_words(r->code, r->enhanced));
        json_add(recipients, NULL, one);
    }
    json_add(line, "recipients", recipients);
    if (whole) {
        json_text(line, "text", mail->text);
        json_text(line, "html", mail->html);
    }
    return line;
}

static void
print_recipients(const struct mail *mail)
{
    for (size_t i = 0; i < mail->n_recipients; i++) {
        const struct mail_recipient *r = &mail->recipients[i];
        const char *meaning = mail_code_words(r->code, r->enhanced);

        printf("    %-10s ", mail_state_word(r->state));
        mib_put(r->address);
        if (r->code != 0)
            printf("  %d", r->code);
        if (r->enhanced != NULL && r->enhanced[0] != '\0')
            printf(" %s", r->enhanced);
        if (r->words != NULL && r->words[0] != '\0') {
            putchar(' ');
            mib_put(r->words);
        }
        if (meaning[0] != '\0' && r->state != MAIL_SENT)
            printf(" (%s)", meaning);
        putchar('\n');
    }
}

static const char *const columns[COLUMNS] = { "id", "state", "created", "due", "cause", "relay", "subject", "attempts", "words",
                                       "recipient", "its state", "code", "enhanced", "its words" };

/* A line for each recipient. */
static void
print_csv(const struct mail *mail)
{
    for (size_t i = 0; i < mail->n_recipients; i++) {
        const struct mail_recipient *r = &mail->recipients[i];
        char id[24], created[32], due[32], attempts[16], code[16];
        const char *const fields[] = { id, mail_state_word(mail->state), created, due, mail->cause, mail->relay, mail->subject,
                                       attempts, mail->words, r->address, mail_state_word(r->state), code, r->enhanced,
                                       r->words };

        snprintf(id, sizeof id, "%" PRId64, mail->id);
        snprintf(attempts, sizeof attempts, "%d", mail->attempts);
        snprintf(code, sizeof code, "%d", r->code);
        format_time(mail->created, created);
        format_time(mail->due, due);
        for (size_t k = 0; k < COLUMNS; k++)
            cli_csv(fields[k] != NULL ? fields[k] : "", k + 1 == COLUMNS);
    }
}

static bool
is_finished(enum mail_state state)
{
    return state == MAIL_SENT || state == MAIL_CANCELLED;
}

static bool
print_mail(void *arg, const struct mail *mail)
{
    struct listing *l = arg;
    char created[32], due[32];

    if (!l->all && is_finished(mail->state))
        return true;
    l->shown++;
    if (cli_format(l->cli) == CLI_JSON) {
        json_print(mail_json(mail, l->whole));
        return true;
    }
    if (cli_format(l->cli) == CLI_CSV) {
        print_csv(mail);
        return true;
    }
    format_time(mail->created, created);
    printf("%-6" PRId64 " %-11s %s  ", mail->id, mail_state_word(mail->state), created);
    mib_put(mail->subject);
    putchar('\n');
    print_recipients(mail);
    if (mail->words != NULL && mail->words[0] != '\0' && mail->state != MAIL_SENT)
        mib_put_prose(mail->words, 4);
    if ((mail->state == MAIL_WAITING || mail->state == MAIL_UNKNOWN) && mail->due > loop_wall()) {
        format_time(mail->due, due);
        printf("    tried again %s\n", due);
    }
    if (l->whole) {
        putchar('\n');
        mib_put_prose(mail->text != NULL ? mail->text : "", 0);
    }
    return true;
}

/* Why what waits does. */
static bool
print_trouble(void *arg, const struct relay_trouble *trouble)
{
    char again[32] = "with the next mail";

    (void) arg;
    if (trouble->next_try > loop_wall())
        format_time(trouble->next_try, again);
    printf("relay ");
    mib_put(trouble->name);
    printf("%s fails, %d in a row, tried again %s: %s: ", trouble->unsafe ? " is not safe and" : "", trouble->failures, again,
           trouble->cause);
    mib_put(trouble->words);
    putchar('\n');
    return true;
}

static int
run_queue(struct cli *cli)
{
    int status = CLI_OUR_FAILURE;
    struct store *store = cli_store(cli, STORE_READ, &status);
    struct listing listing = { .cli = cli, .all = cli_flag(cli, "all") };
    struct failure why;

    if (store == NULL)
        return status;
    if (cli_format(cli) == CLI_CSV)
        for (size_t i = 0; i < COLUMNS; i++)
            cli_csv(columns[i], i + 1 == COLUMNS);
    if (!outbox_list(store, LIST_MAX, print_mail, &listing, &why))
        return cli_failed(cli, &why);
    if (cli_format(cli) == CLI_TEXT && !outbox_troubles(store, print_trouble, NULL, &why))
        return cli_failed(cli, &why);
    return listing.shown > 0 ? CLI_DONE : CLI_NO;
}

/* The id of the operand; 0 with --all, -1 with the message printed. */
static int64_t
which(struct cli *cli)
{
    const char *text = cli_operand(cli, 0);
    bool all = cli_flag(cli, "all");
    char *end;
    long long id;

    if (all) {
        if (text != NULL)
            cli_usage(cli, "a number or --all, not both");
        return text != NULL ? -1 : 0;
    }
    errno = 0;
    id = text != NULL ? strtoll(text, &end, 10) : 0;
    if (text != NULL && *end == '\0' && end != text && id > 0 && errno == 0)
        return id;
    cli_usage(cli, "name a mail by its number; trapline mail queue shows them");
    return -1;
}

static bool
print_attempt(void *arg, const struct mail_attempt *a)
{
    char started[32];

    (void) arg;
    format_time(a->started, started);
    printf("\nattempt %s by %s: %s %s %s\n%s", started, a->relay, a->cause, a->protection, a->words, a->talk);
    return true;
}

static int
run_show(struct cli *cli)
{
    int status = CLI_OUR_FAILURE;
    int64_t id = which(cli);
    struct store *store = id > 0 ? cli_store(cli, STORE_READ, &status) : NULL;
    struct listing listing = { .cli = cli, .all = true, .whole = true };
    struct failure why;

    if (id <= 0)
        return CLI_USAGE;
    if (store == NULL)
        return status;
    if (!outbox_one(store, id, print_mail, &listing, &why))
        return cli_failed(cli, &why);
    if (listing.shown == 0)
        return cli_usage(cli, "there is no mail %" PRId64, id), CLI_NO;
    if (cli_format(cli) == CLI_TEXT && !outbox_attempts(store, id, print_attempt, NULL, &why))
        return cli_failed(cli, &why);
    return CLI_DONE;
}

typedef bool change_fn(struct store *store, int64_t id, struct failure *why);

/* A lock of somebody else's is waited for. */
static int
change(struct cli *cli, int64_t id, change_fn *fn)
{
    int status = CLI_OUR_FAILURE;
    struct loop *loop = cli_loop(cli, &status);
    struct store *store = id >= 0 && loop != NULL ? cli_store(cli, STORE_WRITE, &status) : NULL;
    struct failure why;

    if (id < 0)
        return CLI_USAGE;
    if (store == NULL)
        return status;
    for (int tries = 0; !fn(store, id, &why); tries++)
        if (why.kind != FAILURE_BUSY || tries == LOCK_TRIES || !cli_turn(cli, LOCK_MS))
            return cli_failed(cli, &why);
    return CLI_DONE;
}

static int
run_hold(struct cli *cli)
{
    return change(cli, which(cli), outbox_hold);
}

static int
run_retry(struct cli *cli)
{
    return change(cli, which(cli), outbox_retry);
}

static int
run_cancel(struct cli *cli)
{
    return change(cli, which(cli), outbox_cancel);
}

static int
run_flush(struct cli *cli)
{
    return change(cli, 0, outbox_retry);
}

static int
run_test(struct cli *cli)
{
    const struct passwd *person = getpwuid(getuid());
    struct mail_recipient to = { .address = cli_operand(cli, 0) };
    char cause[80], host[256] = "this machine", text[600];
    struct mail mail = { .relay = cli_value(cli, "relay"), .cause = cause, .subject = "[trapline] a test",
                         .text = text, .recipients = &to, .n_recipients = 1 };

    snprintf(cause, sizeof cause, "person %.60s", person != NULL ? person->pw_name : "unknown");
    gethostname(host, sizeof host - 1);
    snprintf(text, sizeof text, "A test of trapline on %s.\nWho reads this can be reached by its digests.\n", host);
    return outbox_put(cli, &mail);
}

static const struct cli_option queue_options[] = {
    { "all", 0, NULL, "also what is sent or cancelled", false },
    { 0 },
};
static const struct cli_option all_options[] = {
    { "all", 0, NULL, "every mail that this fits", false },
    { 0 },
};
static const struct cli_option test_options[] = {
    { "relay", 0, "NAME", "by this mail section", false },
    { "wait", 0, "SECONDS", "until it is known what became of it", false },
    { 0 },
};
#define OF_ONE .operands = "ID", .options = all_options, .most = 1
static const struct cli_command queue = {
    .name = "queue", .operands = "", .help = "what waits, is held, or failed", .run = run_queue, .options = queue_options,
};
static const struct cli_command show = {
    .name = "show", .operands = "ID", .help = "one mail: recipients, text, attempts", .run = run_show, .least = 1, .most = 1,
};
static const struct cli_command hold = { .name = "hold", .help = "do not send it yet", .run = run_hold, OF_ONE };
static const struct cli_command retry = { .name = "retry", .help = "try it now; a dead one lives again", .run = run_retry, OF_ONE };
static const struct cli_command cancel = { .name = "cancel", .help = "never send it", .run = run_cancel, OF_ONE };
static const struct cli_command flush = { .name = "flush", .operands = "", .help = "try all that waits now", .run = run_flush };
static const struct cli_command test = {
    .name = "test", .operands = "ADDRESS", .help = "send a test", .run = run_test, .options = test_options, .least = 1,
    .most = 1,
};
static const struct cli_command *const subs[] = { &queue, &show, &hold, &retry, &cancel, &flush, &test, &mail_doctor_command,
                                                &mail_bounce_command, NULL };

const struct cli_command command_mail = {
    .name = "mail", .operands = "…", .help = "the outbox: queue, show, retry, doctor, bounce and more", .sub = subs,
};
