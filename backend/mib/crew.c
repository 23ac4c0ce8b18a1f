#include "mib/crew.h"

#include "mib/parse.h"
#include "mib/write.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CREW_MAX = 4, PARSED = 'p', WORDS = 'w' };
/* Less text than this is read sooner than a process is made. */
#define WORTH_OCTETS ((uint64_t)512 * 1024)
#define UNITS_OCTETS_MAX ((uint64_t)3 << 30)

/* One for all processes. */
struct shared {
    _Atomic uint32_t next;
    _Atomic uint64_t at;
    _Atomic uint32_t at_work[CREW_MAX]; /* file + 1 */
    atomic_bool failing, failed;
    struct failure why; /* of the first that failed; whole once `failed` is set */
    struct crew_file files[];
};

struct helper {
    pid_t pid; /* 0: it has ended */
    int fd;
};

struct crew {
    const struct crew_task *task;
    struct shared *shared;
    size_t shared_size;
    pid_t caller;
    int desk; /* what the first helper gets and gives beyond a word */
    struct helper helpers[CREW_MAX - 1];
    unsigned n_helpers;
    const char *base;
    const uint32_t *texts;
    uint32_t n_texts;
};

/* --- what every process does --- */

static void
give_up(struct shared *shared, const struct failure *why)
{
    if (atomic_exchange(&shared->failing, true))
        return;
    shared->why = *why;
    atomic_store(&shared->failed, true);
}

/* A unit that only says why there is none. */
static void *
unit_of_failure(const char *sentence, size_t *size)
{
    struct unit_build build;
    struct diag_list diags;
    void *block;

    unit_build_start(&build);
    diag_list_start(&diags);
    diag_add(&diags, DIAG_FILE_READ, 0, 0, NULL, "the file cannot be read: %s", sentence);
    block = unit_build_pack(&build, &diags, FILE_BINARY, size);
    unit_build_free(&build);
    diag_list_free(&diags);
    return block;
}

static bool
put_unit(const struct crew *crew, uint32_t i, const void *block, size_t size, struct failure *why)
{
    struct crew_file *file = &crew->shared->files[i];

    file->size = (uint32_t)size;
    file->at = atomic_fetch_add(&crew->shared->at, size);
    if (file->at + size > UNITS_OCTETS_MAX)
        return failure_set(why, FAILURE_LIMIT, "the MIB files hold more than 3 GiB of text; name fewer directories");
    return write_octets(crew->task->fd, block, size, file->at) ||
           failure_errno(why, errno, "the MIB snapshot %s cannot be written", crew->task->to);
}

static bool
take_file(const struct crew *crew, uint32_t i, struct buf *room, struct failure *why)
{
    const struct source *source = crew->task->sources + i;
    struct crew_file *file = &crew->shared->files[i];
    bool large = source->size > PARSE_FILE_MAX, good;
    struct cached known;
    void *block;
    size_t size;

    if (cache_by_path(crew->task->cache, source, &known)) {
        file->hash = known.hash;
        return put_unit(crew, i, known.unit, known.size, why);
    }
    if (large) {
        block = parse_file("", source->size, &size);
    } else if (!source_read(source, room, PARSE_FILE_MAX)) {
        block = unit_of_failure(strerror(errno), &size);
    } else {
        file->hash = unit_hash(room->at, room->n, 7);
        if (cache_by_hash(crew->task->cache, file->hash, room->n, &known))
            return put_unit(crew, i, known.unit, known.size, why);
        block = parse_file(room->at, room->n, &size);
        file->parsed = 1;
    }
    good = put_unit(crew, i, block, size, why);
    free(block);
    return good;
}

/* Asked file by file, for PR_SET_PDEATHSIG does not outlive the closing of the door (prctl(2)). */
static bool
is_wanted(const struct crew *crew, unsigned who)
{
    return who == 0 || getppid() == crew->caller;
}

static void
work(const struct crew *crew, unsigned who)
{
    const struct crew_task *task = crew->task;
    struct shared *shared = crew->shared;
    struct buf room = {0};
    struct failure why;
    uint32_t i;

    while (!atomic_load(&shared->failed) && is_wanted(crew, who) &&
           (i = atomic_fetch_add(&shared->next, 1)) < task->n) {
        atomic_store(&shared->at_work[who], i + 1);
        if (!take_file(crew, i, &room, &why))
            give_up(shared, &why);
        if (who == 0 && task->progress != NULL)
            task->progress(task->arg, i + 1, task->n);
    }
    atomic_store(&shared->at_work[who], 0);
    buf_free(&room);
}

/* --- the helpers --- */

struct words_head {
    uint64_t words, postings, text;
};

/* The other may have ended: then it is false, and no signal. */
static bool
say(int fd, char word)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    bool good;

    sigaction(SIGPIPE, &ignore, &before);
    good = write(fd, &word, 1) == 1;
    sigaction(SIGPIPE, &before, NULL);
    return good;
}

static bool
hear(int fd, char expected)
{
    char word = 0;
    ssize_t got;

    while ((got = read(fd, &word, 1)) < 0 && errno == EINTR)
        ;
    return got == 1 && word == expected;
}

static bool
read_octets(int fd, void *octets, size_t n, uint64_t at)
{
    char *to = octets;

    while (n > 0) {
        ssize_t got = pread(fd, to, n, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return true;
}

static struct words_reading *
read_words(const struct crew *crew, const char *base)
{
    const struct crew_file *files = crew->shared->files;
    struct words_reading *reading;
    uint32_t n = 0;
    struct unit unit;

    for (uint32_t i = 0; i < crew->task->n; i++)
        if (unit_read(&unit, base + files[i].at, files[i].size))
            n += unit.n[UNIT_DEFS];
    reading = words_start(n);
    for (uint32_t i = 0; i < crew->task->n; i++)
        if (unit_read(&unit, base + files[i].at, files[i].size))
            words_read(reading, &unit, (uint32_t)files[i].at);
    return reading;
}

static bool
give_words(const struct crew *crew, struct words_reading *reading)
{
    struct words words;
    struct words_head head;
    uint32_t n, *texts;
    bool good;

    if (!read_octets(crew->desk, &n, sizeof n, 0))
        return false;
    texts = memory_zero((size_t)n + 1, sizeof *texts);
    if (!read_octets(crew->desk, texts, (size_t)n * sizeof *texts, sizeof n))
        return false;
    words_finish(reading, texts, n, &words);
    head = (struct words_head){words.words.n * sizeof(struct snap_word), words.postings.n, words.text.n};
    good = write_octets(crew->desk, &head, sizeof head, 0) &&
           write_octets(crew->desk, words.words.at, head.words, sizeof head) &&
           write_octets(crew->desk, words.postings.at, head.postings, sizeof head + head.words) &&
           write_octets(crew->desk, words.text.at, head.text, sizeof head + head.words + head.postings);
    words_free(&words);
    free(texts);
    return good;
}

/* While the linker works: the words; and what is written so far goes to the disk. */
static bool
help_with_words(const struct crew *crew, int fd)
{
    void *base = mmap(NULL, atomic_load(&crew->shared->at), PROT_READ, MAP_SHARED, crew->task->fd, 0);
    struct words_reading *reading;
    bool good;

    if (base == MAP_FAILED)
        return false;
    reading = read_words(crew, base);
    fdatasync(crew->task->fd);
    good = hear(fd, WORDS) && give_words(crew, reading) && say(fd, WORDS);
    words_end(reading);
    return good;
}

/* A helper's life. */
static _Noreturn void
help(struct crew *crew, unsigned who, int fd)
{
    const struct crew_task *task = crew->task;
    struct failure why;

    for (unsigned k = 0; k < crew->n_helpers; k++)
        close(crew->helpers[k].fd);
    if (task->confine != NULL && !task->confine(task->sources, task->n, task->to, &why))
        give_up(crew->shared, &why);
    work(crew, who);
    if (!say(fd, PARSED) || who > 1 || !hear(fd, PARSED))
        _exit(0);
    _exit(help_with_words(crew, fd) ? 0 : 1);
}

static bool
hire(struct crew *crew)
{
    int pair[2];
    struct helper *helper = &crew->helpers[crew->n_helpers];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    helper->pid = fork();
    if (helper->pid == 0) {
        close(pair[0]);
        help(crew, crew->n_helpers + 1, pair[1]);
    }
    close(pair[1]);
    if (helper->pid < 0) {
        close(pair[0]);
        return false;
    }
    helper->fd = pair[0];
    crew->n_helpers++;
    return true;
}

static unsigned
helpers_worth(const struct crew_task *task)
{
    uint64_t octets = 0;
    cpu_set_t cpus;
    int n;

    for (uint32_t i = 0; i < task->n; i++)
        octets += task->sources[i].size;
    if (octets < WORTH_OCTETS || sched_getaffinity(0, sizeof cpus, &cpus) != 0)
        return 0;
    n = CPU_COUNT(&cpus);
    return (unsigned)(n > CREW_MAX ? CREW_MAX : n) - 1;
}

/* Which file it was, and how it ended. */
static bool
say_end(struct crew *crew, unsigned k, struct failure *why)
{
    uint32_t file = atomic_load(&crew->shared->at_work[k + 1]);
    const char *what = file > 0 ? crew->task->sources[file - 1].path : "the texts";
    int status = 0;

    if (atomic_load(&crew->shared->failed)) {
        *why = crew->shared->why;
        return false;
    }
    waitpid(crew->helpers[k].pid, &status, 0);
    crew->helpers[k].pid = 0;
    if (WIFSIGNALED(status))
        return failure_set(why, FAILURE_SYSTEM, "the MIB compiler ended with signal %d (%s) while it read %s",
                           WTERMSIG(status), strsignal(WTERMSIG(status)), what);
    return failure_set(why, FAILURE_SYSTEM, "a part of the MIB compiler ended too early while it read %s", what);
}

/* --- the one who asked --- */

struct crew *
crew_start(const struct crew_task *task, struct failure *why)
{
    struct crew *crew = memory_zero(1, sizeof *crew);
    unsigned wanted = helpers_worth(task);

    crew->task = task;
    crew->caller = getpid();
    crew->shared_size = sizeof *crew->shared + (task->n + (size_t)1) * sizeof *crew->shared->files;
    crew->shared = mmap(NULL, crew->shared_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (crew->shared == MAP_FAILED) {
        failure_errno(why, errno, "no memory for the MIB compiler");
        free(crew);
        return NULL;
    }
    atomic_store(&crew->shared->at, WRITE_UNITS_AT);
    crew->desk = wanted > 0 ? memfd_create("words", MFD_CLOEXEC) : -1;
    while (crew->desk >= 0 && crew->n_helpers < wanted && hire(crew))
        ;
    if (task->confine != NULL && !task->confine(task->sources, task->n, task->to, why)) {
        crew_free(crew);
        return NULL;
    }
    return crew;
}

bool
crew_parse(struct crew *crew, struct failure *why)
{
    const struct crew_task *task = crew->task;

    work(crew, 0);
    for (unsigned k = 0; k < crew->n_helpers; k++)
        if (!hear(crew->helpers[k].fd, PARSED))
            return say_end(crew, k, why);
    if (atomic_load(&crew->shared->failed)) {
        *why = crew->shared->why;
        return false;
    }
    if (task->progress != NULL && crew->n_helpers > 0 && task->n > 0)
        task->progress(task->arg, task->n, task->n);
    return crew->n_helpers == 0 || say(crew->helpers[0].fd, PARSED) || say_end(crew, 0, why);
}

const struct crew_file *
crew_files(const struct crew *crew)
{
    return crew->shared->files;
}

uint64_t
crew_units_end(const struct crew *crew)
{
    return atomic_load(&crew->shared->at);
}

bool
crew_ask_words(struct crew *crew, const char *base, const uint32_t *texts, uint32_t n, struct failure *why)
{
    crew->base = base;
    crew->texts = texts;
    crew->n_texts = n;
    if (crew->n_helpers == 0 || n == 0)
        return true;
    if (!write_octets(crew->desk, &n, sizeof n, 0) ||
        !write_octets(crew->desk, texts, (size_t)n * sizeof *texts, sizeof n))
        return failure_errno(why, errno, "the MIB compiler has no room for the texts");
    return say(crew->helpers[0].fd, WORDS) || say_end(crew, 0, why);
}

static bool
take_part(const struct crew *crew, struct vec *out, size_t n, size_t size, uint64_t *at)
{
    out->n = out->room = n / size;
    out->at = memory_alloc(n + 1);
    *at += n;
    return read_octets(crew->desk, out->at, n, *at - n);
}

bool
crew_take_words(struct crew *crew, struct words *out, struct failure *why)
{
    struct words_head head;
    uint64_t at = sizeof head;
    struct vec text = {0};
    bool good;

    *out = (struct words){0};
    if (crew->n_texts == 0)
        return true;
    if (crew->n_helpers == 0) {
        struct words_reading *reading = read_words(crew, crew->base);

        words_finish(reading, crew->texts, crew->n_texts, out);
        words_end(reading);
        return true;
    }
    if (!hear(crew->helpers[0].fd, WORDS))
        return say_end(crew, 0, why);
    good = read_octets(crew->desk, &head, sizeof head, 0) && head.words <= UINT32_MAX && head.postings <= UINT32_MAX &&
           head.text <= UINT32_MAX && take_part(crew, &out->words, head.words, sizeof(struct snap_word), &at) &&
           take_part(crew, &out->postings, head.postings, 1, &at) && take_part(crew, &text, head.text, 1, &at);
    out->text = (struct buf){text.at, text.n, text.room};
    return good || failure_set(why, FAILURE_SYSTEM, "the words of the MIB files did not come back whole");
}

void
crew_free(struct crew *crew)
{
    if (crew == NULL)
        return;
    for (unsigned k = 0; k < crew->n_helpers; k++) {
        close(crew->helpers[k].fd);
        if (crew->helpers[k].pid > 0) {
            kill(crew->helpers[k].pid, SIGKILL);
            waitpid(crew->helpers[k].pid, NULL, 0);
        }
    }
    if (crew->desk >= 0)
        close(crew->desk);
    munmap(crew->shared, crew->shared_size);
    free(crew);
}
