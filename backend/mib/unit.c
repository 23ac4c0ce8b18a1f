/* Building, packing and reading units. */
#include "mib/unit.h"

enum { UNIT_MAGIC = 0x544d5533 /* changes with every change of a record */ };

static const uint32_t sizes[UNIT_SECTIONS] = {
    [UNIT_IDENTS] = sizeof(struct unit_ident),   [UNIT_MODULES] = sizeof(struct unit_module),
    [UNIT_IMPORTS] = sizeof(struct unit_import), [UNIT_DEFS] = sizeof(struct unit_def),
    [UNIT_PARTS] = sizeof(struct unit_part),     [UNIT_SYNTAXES] = sizeof(struct unit_syntax),
    [UNIT_NAMES] = sizeof(struct unit_name),     [UNIT_RANGES] = sizeof(struct unit_range),
    [UNIT_REFS] = sizeof(struct unit_ref),       [UNIT_REVISIONS] = sizeof(struct unit_revision),
    [UNIT_DIAGS] = sizeof(struct unit_diag),     [UNIT_TEXT] = 1,
};

static inline uint64_t
mix(uint64_t a, uint64_t b)
{
    unsigned __int128 r = (unsigned __int128)a * b;

    return (uint64_t)r ^ (uint64_t)(r >> 64);
}

/* A multiply-and-fold hash: quick, well spread, not meant against an adversary (units are ours). */
uint64_t
unit_hash(const void *at, size_t n, uint64_t seed)
{
    const uint64_t k0 = 0xa0761d6478bd642full, k1 = 0xe7037ed1a0b428dbull, k2 = 0x8ebc6af09c88c6e3ull;
    const unsigned char *p = at;
    uint64_t h = seed ^ k0, w[4];
    size_t left = n;

    for (; left >= 32; left -= 32, p += 32) {
        memcpy(w, p, 32);
        h = mix(w[0] ^ k1, w[1] ^ h) ^ mix(w[2] ^ k2, w[3] ^ h);
    }
    memset(w, 0, sizeof w);
    memcpy(w, p, left);
    h = mix(w[0] ^ k1, w[1] ^ h) ^ mix(w[2] ^ k2, w[3] ^ h);
    return mix(h ^ n, k1);
}

void
unit_build_start(struct unit_build *build)
{
    *build = (struct unit_build){.n_slots = 1024};
    build->slots = memory_zero(build->n_slots, sizeof *build->slots);
    buf_add(&build->text, "", 1);
    vec_push(&build->section[UNIT_IDENTS], sizes[UNIT_IDENTS]);
}

void
unit_build_free(struct unit_build *build)
{
    for (unsigned i = 0; i < UNIT_SECTIONS; i++)
        vec_free(&build->section[i]);
    buf_free(&build->text);
    free(build->slots);
}

uint32_t
unit_build_text(struct unit_build *build, const char *at, size_t n)
{
    uint32_t offset = (uint32_t)build->text.n;

    if (n == 0)
        return 0;
    buf_add(&build->text, at, n);
    buf_add(&build->text, "", 1);
    return offset;
}

static void
grow_slots(struct unit_build *build)
{
    const struct unit_ident *idents = build->section[UNIT_IDENTS].at;
    uint32_t n = build->n_slots * 2, *slots = memory_zero(n, sizeof *slots);

    for (uint32_t i = 1; i < build->section[UNIT_IDENTS].n; i++) {
        uint32_t s = idents[i].hash & (n - 1);

        while (slots[s] != 0)
            s = (s + 1) & (n - 1);
        slots[s] = i;
    }
    free(build->slots);
    build->slots = slots;
    build->n_slots = n;
}

uint32_t
unit_build_ident(struct unit_build *build, const char *at, size_t n)
{
    uint32_t hash = (uint32_t)unit_hash(at, n, 0), s;
    struct vec *v = &build->section[UNIT_IDENTS];
    struct unit_ident *ident;

    if (n == 0)
        return 0;
    for (s = hash & (build->n_slots - 1); build->slots[s] != 0; s = (s + 1) & (build->n_slots - 1)) {
        const char *text;

        ident = (struct unit_ident *)v->at + build->slots[s];
        text = build->text.at + ident->text;
        if (ident->hash == hash && memcmp(text, at, n) == 0 && text[n] == '\0')
            return build->slots[s];
    }
    build->slots[s] = (uint32_t)v->n;
    ident = vec_push(v, sizeof *ident);
    ident->hash = hash;
    ident->text = unit_build_text(build, at, n);
    if (v->n * 2 > build->n_slots)
        grow_slots(build);
    return (uint32_t)v->n - 1;
}

static void
take_diags(struct unit_build *build, const struct diag_list *diags)
{
    const struct diag *all = diags->all.at;

    for (size_t i = 0; i < diags->all.n; i++) {
        struct unit_diag *d = vec_push(&build->section[UNIT_DIAGS], sizeof *d);

        d->code = all[i].code;
        d->line = all[i].line;
        d->column = all[i].column;
        d->caret = all[i].caret;
        d->offset = all[i].offset;
        d->text = unit_build_text(build, all[i].text, strlen(all[i].text));
        if (all[i].excerpt != NULL)
            d->excerpt = unit_build_text(build, all[i].excerpt, strlen(all[i].excerpt));
        if (all[i].expected != NULL)
            d->expected = unit_build_text(build, all[i].expected, strlen(all[i].expected));
    }
}

void *
unit_build_pack(struct unit_build *build, const struct diag_list *diags, uint32_t file_kind, size_t *size)
{
    struct unit_head head = {.magic = UNIT_MAGIC,
                             .file_kind = file_kind,
                             .errors = diags->errors,
                             .warnings = diags->warnings,
                             .notes = diags->notes};
    size_t at = sizeof head;
    char *block;

    take_diags(build, diags);
    for (unsigned i = 0; i < UNIT_SECTIONS; i++) {
        size_t n = i == UNIT_TEXT ? build->text.n : build->section[i].n;

        head.section[i].offset = (uint32_t)at;
        head.section[i].count = (uint32_t)n;
        at = (at + n * sizes[i] + 7) & ~(size_t)7;
    }
    head.size = (uint32_t)at;
    block = memory_zero(1, at);
    for (unsigned i = 0; i < UNIT_SECTIONS; i++)
        if (head.section[i].count > 0)
            memcpy(block + head.section[i].offset, i == UNIT_TEXT ? build->text.at : build->section[i].at,
                   (size_t)head.section[i].count * sizes[i]);
    memcpy(block, &head, sizeof head);
    head.sum = unit_hash(block + 16, at - 16, UNIT_MAGIC);
    memcpy(block, &head, sizeof head);
    *size = at;
    return block;
}

bool
unit_is_whole(const void *block, size_t n)
{
    const struct unit_head *head = block;

    return n >= sizeof *head && head->magic == UNIT_MAGIC && head->size == n &&
           head->sum == unit_hash((const char *)block + 16, n - 16, UNIT_MAGIC);
}

bool
unit_read(struct unit *out, const void *block, size_t n)
{
    const struct unit_head *head = block;
    const char *base = block;
    const void *at[UNIT_SECTIONS];

    if (n < sizeof *head || head->magic != UNIT_MAGIC || head->size != n)
        return false;
    for (unsigned i = 0; i < UNIT_SECTIONS; i++) {
        uint64_t end = (uint64_t)head->section[i].offset + (uint64_t)head->section[i].count * sizes[i];

        if (head->section[i].offset % 8 != 0 || end > n)
            return false;
        at[i] = base + head->section[i].offset;
        out->n[i] = head->section[i].count;
    }
    if (out->n[UNIT_TEXT] == 0 || out->n[UNIT_IDENTS] == 0)
        return false;
    out->head = head;
    out->idents = at[UNIT_IDENTS];
    out->modules = at[UNIT_MODULES];
    out->imports = at[UNIT_IMPORTS];
    out->defs = at[UNIT_DEFS];
    out->parts = at[UNIT_PARTS];
    out->syntaxes = at[UNIT_SYNTAXES];
    out->names = at[UNIT_NAMES];
    out->ranges = at[UNIT_RANGES];
    out->refs = at[UNIT_REFS];
    out->revisions = at[UNIT_REVISIONS];
    out->diags = at[UNIT_DIAGS];
    out->text = at[UNIT_TEXT];
    return out->text[out->n[UNIT_TEXT] - 1] == '\0';
}
