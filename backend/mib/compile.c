/* From directories to a snapshot: which files, which of them are known from the last time, parse, link,
 * write. */
#include "api/mib_compile.h"

#include "mib/parse.h"
#include "mib/source.h"
#include "mib/write.h"
#include "mib/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A file changed so shortly before a snapshot was made may have been changed after it was read. */
#define RACY_NANOSECONDS 2000000000ull

struct cache {
    const char *map;
    size_t size;
    const struct snap_head *head;
    const struct snap_file *files;
    uint32_t n, *by_path, *by_hash; /* slots: file + 1 */
    uint32_t slots;
};

struct job {
    const struct mib_compile_options *options;
    struct mib_compile_counts *counts;
    struct vec sources;
    struct link_file *files;
    void **blocks; /* parsed now, to be freed */
    struct cache cache;
    uint64_t key;
};

static double
seconds_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool
cache_check(struct cache *cache)
{
    const struct snap_head *head = (const struct snap_head *)(const void *)cache->map;

    if (cache->size < WRITE_UNITS_AT || memcmp(head->magic, SNAP_MAGIC, sizeof head->magic) != 0 ||
        head->version != SNAP_VERSION || head->order != SNAP_ORDER || head->size != cache->size ||
        head->sum != unit_hash((const char *)head + 32, sizeof *head - 32, 0) ||
        cache->map[cache->size - 1] != '\0' || head->span[SNAP_FILES].stride != sizeof(struct snap_file) ||
        head->span[SNAP_FILES].offset % 8 != 0 || head->span[SNAP_FILES].offset > cache->size ||
        head->span[SNAP_FILES].count >
            (cache->size - head->span[SNAP_FILES].offset) / sizeof(struct snap_file))
        return false;
    cache->head = head;
    cache->files = (const struct snap_file *)(const void *)(cache->map + head->span[SNAP_FILES].offset);
    cache->n = head->span[SNAP_FILES].count;
    return true;
}

static const char *
cache_path(const struct cache *cache, uint32_t i)
{
    return cache->files[i].path < cache->size ? cache->map + cache->files[i].path : "";
}

static void
cache_open(struct cache *cache, const char *path)
{
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    struct stat st;
    void *map = MAP_FAILED;

    *cache = (struct cache){0};
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return;
    cache->map = map;
    cache->size = (size_t)st.st_size;
    if (!cache_check(cache)) {
        munmap(map, cache->size);
        *cache = (struct cache){0};
        return;
    }
    cache->slots = 64;
    while (cache->slots < cache->n * 2)
        cache->slots *= 2;
    cache->by_path = memory_zero(cache->slots, sizeof *cache->by_path);
    cache->by_hash = memory_zero(cache->slots, sizeof *cache->by_hash);
    for (uint32_t i = 0; i < cache->n; i++) {
        const char *name = cache_path(cache, i);
        uint32_t mask = cache->slots - 1, s;

        for (s = (uint32_t)unit_hash(name, strlen(name), 0) & mask; cache->by_path[s] != 0;
             s = (s + 1) & mask)
            ;
        cache->by_path[s] = i + 1;
        for (s = (uint32_t)cache->files[i].hash & mask; cache->by_hash[s] != 0; s = (s + 1) & mask)
            ;
        cache->by_hash[s] = i + 1;
    }
}

static void
cache_close(struct cache *cache)
{
    void *map;

    memcpy(&map, &cache->map, sizeof map);
    if (map != NULL)
        munmap(map, cache->size);
    free(cache->by_path);
    free(cache->by_hash);
}

static bool
cache_take(const struct cache *cache, uint32_t i, struct link_file *file)
{
    const struct snap_file *f = &cache->files[i];

    if (f->unit % 8 != 0 || f->unit > cache->size || f->unit_size > cache->size - f->unit ||
        !unit_read(&file->unit, cache->map + f->unit, f->unit_size))
        return false;
    file->hash = f->hash;
    return true;
}

static bool
cache_by_path(const struct cache *cache, const struct source *source, struct link_file *file)
{
    uint32_t mask = cache->slots - 1;

    if (cache->n == 0)
        return false;
    for (uint32_t s = (uint32_t)unit_hash(source->path, strlen(source->path), 0) & mask;
         cache->by_path[s] != 0; s = (s + 1) & mask) {
        uint32_t i = cache->by_path[s] - 1;
        const struct snap_file *f = &cache->files[i];

        if (f->size == source->size && f->mtime == source->mtime &&
            f->mtime + RACY_NANOSECONDS < cache->head->made &&
            strcmp(cache_path(cache, i), source->path) == 0)
            return cache_take(cache, i, file);
    }
    return false;
}

static bool
cache_by_hash(const struct cache *cache, uint64_t hash, uint64_t size, struct link_file *file)
{
    uint32_t mask = cache->slots - 1;

    if (cache->n == 0)
        return false;
    for (uint32_t s = (uint32_t)hash & mask; cache->by_hash[s] != 0; s = (s + 1) & mask) {
        const struct snap_file *f = &cache->files[cache->by_hash[s] - 1];

        if (f->hash == hash && f->size == size && cache_take(cache, cache->by_hash[s] - 1, file))
            return true;
    }
    return false;
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

static void
take_file(struct job *job, size_t i, struct buf *room)
{
    const struct source *source = (struct source *)job->sources.at + i;
    struct link_file *file = &job->files[i];
    size_t size;

    *file = (struct link_file){
        .path = source->path, .size = source->size, .mtime = source->mtime, .layer = source->layer};
    if (!cache_by_path(&job->cache, source, file)) {
        bool good = source->size > PARSE_FILE_MAX || source_read(source, room, PARSE_FILE_MAX);

        if (!good) {
            job->blocks[i] = unit_of_failure(strerror(errno), &size);
        } else if (source->size > PARSE_FILE_MAX) {
            job->blocks[i] = parse_file("", source->size, &size);
        } else {
            file->hash = unit_hash(room->at, room->n, 7);
            if (cache_by_hash(&job->cache, file->hash, room->n, file))
                goto known;
            job->blocks[i] = parse_file(room->at, room->n, &size);
            job->counts->parsed++;
        }
        if (!unit_read(&file->unit, job->blocks[i], size))
            abort(); /* just made by us */
    }
known:
    file->kind = file->unit.head->file_kind;
    job->counts->files++;
    job->counts->not_modules += file->kind != FILE_MODULES;
}

static void
add_sources(struct job *job)
{
    const struct mib_compile_options *o = job->options;
    const struct source *all;

    for (size_t i = 0; i < o->n_from; i++)
        source_add(&job->sources, o->from[i], (uint32_t)i);
    if (o->ours != NULL)
        source_add(&job->sources, o->ours, SOURCE_OURS);
    source_sort(&job->sources);
    all = job->sources.at;
    job->key = SNAP_VERSION;
    for (size_t i = 0; i < job->sources.n; i++) {
        uint64_t facts[3] = {all[i].size, all[i].mtime, all[i].layer};

        job->key = unit_hash(all[i].path, strlen(all[i].path), unit_hash(facts, sizeof facts, job->key));
    }
}

/* The same files as last time, none of them changed in the moments before. */
static bool
is_unchanged(const struct job *job)
{
    if (job->cache.n == 0 || job->cache.head->key != job->key || job->options->cache != NULL)
        return false;
    for (uint32_t i = 0; i < job->cache.n; i++)
        if (job->cache.files[i].mtime + RACY_NANOSECONDS >= job->cache.head->made)
            return false;
    return true;
}

static uint32_t
pool_text(struct linker *linker, const char *text)
{
    return text != NULL ? link_pool(linker, text, strlen(text)) : 0;
}

static int
compare_diags(const void *a, const void *b)
{
    const struct snap_diag *x = a, *y = b;

    return x->line != y->line       ? (x->line < y->line ? -1 : 1)
           : x->column != y->column ? (x->column < y->column ? -1 : 1)
                                    : (x->code > y->code) - (x->code < y->code);
}

/* The diagnostics of reading lie in the unit, those of linking beside it. */
static void
gather_diags(struct linker *linker, uint32_t i, struct buf *room, struct vec *out)
{
    struct link_file *f = &linker->files[i];
    const struct diag *all = f->diags.all.at;
    struct source source = {.size = f->size};

    for (uint32_t k = 0; k < f->unit.n[UNIT_DIAGS]; k++) {
        const struct unit_diag *d = &f->unit.diags[k];

        *(struct snap_diag *)vec_push(out, sizeof(struct snap_diag)) =
            (struct snap_diag){.line = d->line,
                               .column = d->column,
                               .caret = d->caret,
                               .code = d->code,
                               .text = link_text(linker, i, d->text),
                               .excerpt = link_text(linker, i, d->excerpt),
                               .expected = link_text(linker, i, d->expected)};
    }
    if (f->diags.all.n == 0)
        return;
    source.path = memory_text(f->path);
    if (source_read(&source, room, PARSE_FILE_MAX))
        diag_excerpts(&f->diags, room->at, room->n);
    free(source.path);
    for (size_t k = 0; k < f->diags.all.n; k++)
        *(struct snap_diag *)vec_push(out, sizeof(struct snap_diag)) =
            (struct snap_diag){.line = all[k].line,
                               .column = all[k].column,
                               .caret = all[k].caret,
                               .code = all[k].code,
                               .text = pool_text(linker, all[k].text),
                               .excerpt = pool_text(linker, all[k].excerpt),
                               .expected = pool_text(linker, all[k].expected)};
}

/* Which module of the file a line belongs to: the last that begins before it. */
static uint32_t
module_of_line(const uint32_t *modules, uint32_t n, const struct snap_module *all, uint32_t line)
{
    uint32_t best = n > 0 ? modules[0] : SNAP_NONE;

    for (uint32_t i = 0; i < n; i++)
        if (all[modules[i]].line <= line && all[modules[i]].line >= all[best].line)
            best = modules[i];
    return best;
}

static void
write_diags(struct linker *linker, uint32_t file, struct vec *diags, const uint32_t *modules, uint32_t n)
{
    struct snap_module *all = linker->out[SNAP_MODULES].at;
    struct snap_diag *d = diags->at;

    if (diags->n > 1)
        qsort(d, diags->n, sizeof *d, compare_diags);
    for (size_t i = 0; i < diags->n; i++) {
        d[i].file = file;
        d[i].module = module_of_line(modules, n, all, d[i].line);
        d[i].severity = diag_code_severity((enum diag_code)d[i].code);
        if (d[i].module != SNAP_NONE && d[i].severity == DIAG_ERROR)
            all[d[i].module].errors++;
        if (d[i].module != SNAP_NONE && d[i].severity == DIAG_WARNING)
            all[d[i].module].warnings++;
        *(struct snap_diag *)vec_push(&linker->out[SNAP_DIAGS], sizeof *d) = d[i];
    }
}

/* The modules of each file: those of file f are list[first[f]] to list[first[f + 1] - 1]. */
static void
modules_by_file(const struct linker *linker, uint32_t *first, uint32_t *list)
{
    const struct snap_module *all = linker->out[SNAP_MODULES].at;
    uint32_t n = (uint32_t)linker->out[SNAP_MODULES].n;

    for (uint32_t i = 0; i < n; i++)
        first[all[i].file + 2]++;
    for (uint32_t f = 2; f < linker->n_files + 2; f++)
        first[f] += first[f - 1];
    for (uint32_t i = 0; i < n; i++)
        list[first[all[i].file + 1]++] = i;
}

static void
write_files(struct job *job, struct linker *linker, struct write_facts *facts)
{
    struct buf room = {0};
    struct vec diags = {0};
    uint32_t *first = memory_zero(linker->n_files + 3, sizeof *first);
    uint32_t *list = memory_zero(linker->out[SNAP_MODULES].n + 1, sizeof *list);

    modules_by_file(linker, first, list);
    for (uint32_t i = 0; i < linker->n_files; i++) {
        struct link_file *f = &linker->files[i];
        uint32_t path = pool_text(linker, f->path);
        struct snap_file *to = vec_push(&linker->out[SNAP_FILES], sizeof *to);

        diags.n = 0;
        gather_diags(linker, i, &room, &diags);
        *to = (struct snap_file){
            f->size, f->mtime, f->hash,  f->at, f->unit.head->size,
            path,    f->kind,  f->layer, (uint32_t)linker->out[SNAP_DIAGS].n, (uint32_t)diags.n};
        write_diags(linker, i, &diags, list + first[i], first[i + 1] - first[i]);
        facts->errors += f->unit.head->errors + f->diags.errors;
        facts->warnings += f->unit.head->warnings + f->diags.warnings;
    }
    buf_free(&room);
    vec_free(&diags);
    free(first);
    free(list);
    job->counts->errors = facts->errors;
    job->counts->warnings = facts->warnings;
}

static void
count(struct job *job, const struct linker *linker)
{
    const struct snap_module *m = linker->out[SNAP_MODULES].at;

    job->counts->modules = linker->out[SNAP_MODULES].n;
    job->counts->nodes = linker->out[SNAP_NODES].n;
    job->counts->types = linker->out[SNAP_TYPES].n;
    for (size_t i = 0; i < linker->out[SNAP_MODULES].n; i++)
        job->counts->notifications += m[i].notifications;
}

static bool
link_and_write(struct job *job, struct failure *why)
{
    struct linker linker;
    struct write_facts facts = {.key = job->key};
    uint64_t at = WRITE_UNITS_AT;
    bool good;

    for (size_t i = 0; i < job->sources.n; i++) {
        job->files[i].at = at;
        at += job->files[i].unit.head->size;
    }
    if (at > UINT32_MAX / 4 * 3)
        return failure_set(why, FAILURE_LIMIT,
                           "the MIB files hold more than 3 GiB of text; name fewer directories");
    link_start(&linker, job->files, (uint32_t)job->sources.n, at);
    linker.first = (uint32_t)job->options->first;
    link_all(&linker);
    write_files(job, &linker, &facts);
    count(job, &linker);
    facts.notifications = (uint32_t)job->counts->notifications;
    good = write_snapshot(&linker, &facts, job->options->to, why);
    link_free(&linker);
    return good;
}

static void
count_from_cache(struct job *job)
{
    const struct snap_head *head = job->cache.head;

    job->counts->unchanged = true;
    job->counts->files = job->cache.n;
    job->counts->modules = head->span[SNAP_MODULES].count;
    job->counts->notifications = head->notifications;
    for (uint32_t i = 0; i < job->cache.n; i++)
        job->counts->not_modules += job->cache.files[i].kind != FILE_MODULES;
    job->counts->nodes = head->span[SNAP_NODES].count;
    job->counts->types = head->span[SNAP_TYPES].count;
    job->counts->errors = head->errors;
    job->counts->warnings = head->warnings;
}

static bool (*confine_here)(const struct source *all, size_t n, const char *to, struct failure *why);

void
compile_on_confine(bool (*fn)(const struct source *all, size_t n, const char *to, struct failure *why))
{
    confine_here = fn;
}

bool
mib_compile(const struct mib_compile_options *options, struct mib_compile_counts *counts, struct failure *why)
{
    struct job job = {.options = options, .counts = counts};
    double start = seconds_now();
    struct buf room = {0};
    bool good = true;

    *counts = (struct mib_compile_counts){0};
    add_sources(&job);
    if (options->confined && !confine_here(job.sources.at, job.sources.n, options->to, why)) {
        source_free(&job.sources);
        return false;
    }
    if (!options->fresh)
        cache_open(&job.cache, options->cache != NULL ? options->cache : options->to);
    if (is_unchanged(&job)) {
        count_from_cache(&job);
    } else {
        job.files = memory_zero(job.sources.n + 1, sizeof *job.files);
        job.blocks = memory_zero(job.sources.n + 1, sizeof *job.blocks);
        for (size_t i = 0; i < job.sources.n; i++) {
            take_file(&job, i, &room);
            if (options->progress != NULL)
                options->progress(options->arg, i + 1, job.sources.n);
        }
        good = link_and_write(&job, why);
        for (size_t i = 0; i < job.sources.n; i++)
            free(job.blocks[i]);
    }
    free(job.files);
    free(job.blocks);
    buf_free(&room);
    cache_close(&job.cache);
    source_free(&job.sources);
    counts->seconds = seconds_now() - start;
    return good;
}
