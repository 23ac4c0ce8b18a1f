/* From directories to a snapshot: which files, which of them are known from the last time, parse, link,
 * write. */
#include "api/mib_compile.h"

#include "mib/cache.h"
#include "mib/compile.h"
#include "mib/crew.h"
#include "mib/parse.h"
#include "mib/write.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>

static compile_confine_fn *confine_here;

struct job {
    const struct mib_compile_options *options;
    struct mib_compile_counts *counts;
    struct vec sources;
    struct link_file *files;
    struct cache cache;
    struct writing writing;
    void *map; /* the units */
    size_t map_size;
    uint64_t key;
};

static double
seconds_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
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
    job->key = unit_hash(&o->given, sizeof o->given, SNAP_VERSION);
    for (size_t i = 0; i < job->sources.n; i++) {
        uint64_t facts[3] = {all[i].size, all[i].mtime, all[i].layer};

        job->key = unit_hash(all[i].path, strlen(all[i].path), unit_hash(facts, sizeof facts, job->key));
    }
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

/* The units, where they lie in the snapshot in the making. */
static bool
take_units(struct job *job, const struct crew *crew, struct failure *why)
{
    const struct crew_file *all = crew_files(crew);
    const struct source *sources = job->sources.at;

    job->map_size = crew_units_end(crew);
    job->map = mmap(NULL, job->map_size, PROT_READ, MAP_SHARED, job->writing.fd, 0);
    if (job->map == MAP_FAILED) {
        job->map = NULL;
        return failure_errno(why, errno, "the MIB snapshot %s cannot be mapped", job->options->to);
    }
    for (size_t i = 0; i < job->sources.n; i++) {
        struct link_file *file = &job->files[i];

        *file = (struct link_file){.path = sources[i].path, .size = sources[i].size, .mtime = sources[i].mtime,
                                   .layer = sources[i].layer, .hash = all[i].hash, .at = all[i].at};
        if (!unit_read(&file->unit, (const char *)job->map + all[i].at, all[i].size))
            return failure_set(why, FAILURE_SYSTEM, "the MIB snapshot %s changed while it was written",
                               job->options->to);
        file->kind = file->unit.head->file_kind;
        job->counts->parsed += all[i].parsed;
        job->counts->not_modules += file->kind != FILE_MODULES;
    }
    job->counts->files = job->sources.n;
    return true;
}

static uint32_t *
texts_of(const struct linker *linker)
{
    uint32_t n = (uint32_t)linker->out[SNAP_NODES].n, *texts = memory_alloc((n + 1) * sizeof *texts);

    for (uint32_t i = 0; i < n; i++)
        texts[i] = link_node_at(linker, i)->description;
    return texts;
}

static void
take_words(struct linker *linker, struct words *words)
{
    struct snap_word *all = words->words.at;
    uint32_t base = (uint32_t)(linker->pool_at + linker->pool.n);

    for (size_t i = 0; i < words->words.n; i++)
        all[i].text += base;
    if (words->text.n > 0)
        buf_add(&linker->pool, words->text.at, words->text.n);
    linker->out[SNAP_WORDS] = words->words;
    linker->out[SNAP_POSTINGS] = words->postings;
    words->words = words->postings = (struct vec){0};
    words_free(words);
}

/* The words are made while the rest is linked. */
static bool
link_and_write(struct job *job, struct crew *crew, struct failure *why)
{
    struct linker linker;
    struct write_facts facts = {.key = job->key, .given = job->options->given};
    struct words words = {0};
    uint32_t *texts;
    bool good;

    link_start(&linker, job->files, (uint32_t)job->sources.n, crew_units_end(crew));
    linker.first = (uint32_t)job->options->first;
    link_order(&linker);
    texts = texts_of(&linker);
    good = crew_ask_words(crew, job->map, texts, (uint32_t)linker.out[SNAP_NODES].n, why);
    if (good) {
        link_rest(&linker);
        write_files(job, &linker, &facts);
        count(job, &linker);
        facts.notifications = (uint32_t)job->counts->notifications;
        good = crew_take_words(crew, &words, why);
        take_words(&linker, &words);
    }
    good = good && write_finish(&job->writing, &linker, &facts, why);
    link_free(&linker);
    free(texts);
    return good;
}

static bool
make(struct job *job, struct failure *why)
{
    const struct mib_compile_options *o = job->options;
    struct crew_task task = {.sources = job->sources.at,
                             .n = (uint32_t)job->sources.n,
                             .cache = &job->cache,
                             .to = o->to,
                             .confine = o->confined ? confine_here : NULL,
                             .progress = o->progress,
                             .arg = o->arg};
    struct crew *crew;
    bool good;

    if (!write_start(&job->writing, o->to, why))
        return false;
    task.fd = job->writing.fd;
    job->files = memory_zero(job->sources.n + 1, sizeof *job->files);
    crew = crew_start(&task, why);
    good = crew != NULL && crew_parse(crew, why) && take_units(job, crew, why) && link_and_write(job, crew, why);
    crew_free(crew);
    write_give_up(&job->writing);
    if (job->map != NULL)
        munmap(job->map, job->map_size);
    free(job->files);
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

void
compile_on_confine(compile_confine_fn *fn)
{
    confine_here = fn;
}

bool
mib_is_behind(const struct mib_compile_options *options)
{
    struct job job = {.options = options};
    bool same;

    add_sources(&job);
    cache_open(&job.cache, options->to);
    same = job.cache.n > 0 && (job.cache.head->given || cache_is_of(&job.cache, job.key));
    cache_close(&job.cache);
    source_free(&job.sources);
    return !same;
}

bool
mib_compile(const struct mib_compile_options *options, struct mib_compile_counts *counts, struct failure *why)
{
    struct job job = {.options = options, .counts = counts};
    double start = seconds_now();
    bool good = true;

    *counts = (struct mib_compile_counts){0};
    write_remove_left(options->to);
    add_sources(&job);
    if (!options->fresh)
        cache_open(&job.cache, options->cache != NULL ? options->cache : options->to);
    if (options->cache == NULL && cache_is_of(&job.cache, job.key))
        count_from_cache(&job);
    else
        good = make(&job, why);
    cache_close(&job.cache);
    source_free(&job.sources);
    counts->seconds = seconds_now() - start;
    return good;
}
