/* Covers, rows, quirks and the pace: the pure parts of a walk, against an agent that is a sorted list. */
#include "core/cover.h"
#include "core/memory.h"
#include "core/pace.h"
#include "core/quirk.h"
#include "core/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NAMES = 400, ANSWER = 12 };

static struct oid names[NAMES];
static size_t n_names;
static const struct oid base = { 3, { 1, 3, 6 } };

static int
by_oid(const void *a, const void *b)
{
    return oid_compare(a, b);
}

/* Names of two to five arcs below the base, some below the sibling of the base. */
static void
invent(unsigned seed)
{
    size_t kept = 0;

    srand(seed);
    for (n_names = 0; n_names < NAMES; n_names++) {
        struct oid *o = &names[n_names];

        *o = base;
        if (n_names % 20 == 0)
            o->arc[2] = 7;
        for (int n = 2 + rand() % 4; n > 0; n--)
            oid_append_arc(o, (uint32_t) (rand() % 9));
    }
    qsort(names, NAMES, sizeof *names, by_oid);
    for (size_t i = 0; i < NAMES; i++)
        if (kept == 0 || oid_compare(&names[i], &names[kept - 1]) != 0)
            names[kept++] = names[i];
    n_names = kept;
}

/* GETBULK of the list. */
static size_t
answer(const struct oid *after, size_t most, struct varbind *out)
{
    size_t at = 0, n = 0;

    while (at < n_names && oid_compare(&names[at], after) <= 0)
        at++;
    for (; n < most; n++, at++) {
        if (at >= n_names) {
            out[n] = (struct varbind) { .value = { .type = VALUE_END_OF_MIB_VIEW } };
            return n + 1;
        }
        out[n].name = names[at];
        out[n].value = (struct value) { .type = VALUE_INTEGER, .i = (int64_t) at };
    }
    return n;
}

static struct span *
any_unknown(struct cover *c)
{
    size_t n = 0, which;

    for (struct span *s = c->head; s != NULL; s = s->next)
        n += !s->done;
    if (n == 0)
        return NULL;
    which = (size_t) rand() % n;
    for (struct span *s = c->head;; s = s->next)
        if (!s->done && which-- == 0)
            return s;
}

static void
split_anywhere(struct span *s)
{
    struct oid at = names[(size_t) rand() % n_names];

    at.n = (uint32_t) rand() % (at.n + 1);
    if (rand() % 2 == 0)
        oid_append_arc(&at, (uint32_t) rand() % 9);
    if (oid_within(&base, &at) && oid_compare(&at, &s->at) > 0 && (s->open || oid_compare(&at, &s->to) < 0))
        cover_split(s, &at);
}

static void
take_and_check(struct cover *c, size_t *next)
{
    const struct cell *seen;
    struct cell *cell;
    struct oid name;

    while ((seen = cover_next_seen(c)) != NULL)
        assert_true(seen->value.i >= (int64_t) *next);
    while ((cell = cover_take(c)) != NULL) {
        while (*next < n_names && !oid_within(&base, &names[*next]))
            ++*next;
        cell_name(c, cell, &name);
        assert_int_equal(oid_compare(&name, &names[*next]), 0);
        assert_int_equal(cell->value.i, *next);
        ++*next;
        free(cell);
    }
}

/* Whatever is asked in whatever order, split anywhere, cut short or told twice: the list comes out. */
static void
test_any_order(void **state)
{
    (void) state;
    for (unsigned seed = 1; seed <= 200; seed++) {
        struct cover c = { 0 };
        struct span *s;
        size_t next = 0, turns = 0;

        invent(seed);
        cover_start(&c, &base);
        while ((s = any_unknown(&c)) != NULL) {
            struct varbind varbinds[ANSWER];
            struct oid asked = s->at;
            struct lesson lesson;
            size_t n;

            assert_true(++turns < 100000);
            if (rand() % 3 == 0) {
                split_anywhere(s);
                continue;
            }
            n = answer(&asked, 1 + (size_t) rand() % ANSWER, varbinds);
            cover_learn(s, &asked, varbinds, n, 1, &lesson);
            assert_false(lesson.stuck);
            if (rand() % 8 == 0) { /* a duplicate, for one that may be known by now */
                struct span *other = c.head;

                if (other == s)
                    cover_learn(s, &asked, varbinds, n, 1, &lesson);
            }
            if (rand() % 4 == 0)
                cover_join(&c);
            take_and_check(&c, &next);
        }
        take_and_check(&c, &next);
        while (next < n_names && !oid_within(&base, &names[next]))
            next++;
        assert_int_equal(next, n_names);
        assert_true(cover_finished(&c));
        assert_int_equal(c.octets, 0);
        cover_clear(&c);
    }
}

static void
test_backwards(void **state)
{
    struct varbind varbinds[3] = { { .name = { 4, { 1, 3, 6, 1 } } }, { .name = { 4, { 1, 3, 6, 4 } } },
                                   { .name = { 4, { 1, 3, 6, 2 } } } };
    struct cover c = { 0 };
    struct lesson lesson;
    struct span *s, *tail;
    struct cell *cell;
    int taken = 0;

    (void) state;
    cover_start(&c, &base);
    s = c.head;
    tail = cover_split(s, &(struct oid) { 4, { 1, 3, 6, 6 } });
    cover_learn(tail, &tail->at, &(struct varbind) { .name = { 4, { 1, 3, 6, 9 } } }, 1, 1, &lesson);
    cover_learn(s, &base, varbinds, 3, 1, &lesson);
    assert_true(lesson.stuck);
    assert_int_equal(lesson.fresh, 2);
    assert_int_equal(lesson.stuck_at.arc[3], 2);
    cover_cut(s); /* what lies behind goes, though it is known */
    while ((cell = cover_take(&c)) != NULL) {
        free(cell);
        taken++;
    }
    assert_int_equal(taken, 2);
    assert_true(cover_finished(&c));
    assert_int_equal(c.octets, 0);
}

/* An answer to what was asked before a cut names what lies behind it. */
static void
test_cut(void **state)
{
    struct varbind found[4] = { 0 };
    struct lesson lesson;
    struct cover c = { 0 };
    struct span *second;
    struct cell *cell;
    struct oid at = base;
    uint32_t taken = 0;

    (void) state;
    cover_start(&c, &base);
    oid_append_arc(&at, 2);
    second = cover_split(c.head, &at);
    at.arc[base.n] = 4;
    cover_split(second, &at);
    cover_cut(second);
    for (uint32_t i = 0; i < 4; i++) {
        found[i].name = base;
        oid_append_arc(&found[i].name, 2 * i + 1); /* 1, 3, 5, 7: the cut was at 2 */
    }
    cover_learn(c.head, &base, found, 4, 1, &lesson);
    assert_true(lesson.ended && !lesson.view_ended);
    while ((cell = cover_take(&c)) != NULL) {
        assert_int_equal(cell->arcs[0], ++taken);
        free(cell);
    }
    assert_int_equal(taken, 1);
    assert_true(cover_finished(&c));
    cover_clear(&c);
}

static void
test_rows(void **state)
{
    struct rows rows = { 0 };
    struct oid name = { 7, { 1, 3, 6, 9, 1, 2, 0 } }, next;

    (void) state;
    for (uint32_t i = 0; i < 30; i++) {
        name.arc[6] = 10 * i + 1;
        assert_false(rows_note(&rows, &name));
    }
    name.arc[5] = 3; /* the next column begins with the first row */
    name.arc[6] = 1;
    assert_true(rows_note(&rows, &name));
    assert_int_equal(rows.prefix.n, 5);
    assert_true(rows_cover(&rows, &name));
    assert_int_equal(rows_up_to(&rows, &name), 1);
    name.arc[6] = 15;
    assert_int_equal(rows_up_to(&rows, &name), 2);
    assert_true(rows_name(&rows, &name, 29, &next));
    assert_int_equal(next.arc[5], 3);
    assert_int_equal(next.arc[6], 291);
    assert_false(rows_name(&rows, &name, 30, &next));
    name.arc[4] = 2;
    assert_false(rows_cover(&rows, &name));
    rows_clear(&rows);
}

static void
test_quirks(void **state)
{
    static const char *const bad[] = { "x", "window", "window=", "window=999", "window=1x", "no-bulk=2", "octets=-1" };
    struct quirks q, learnt = { .value = { 40, 900, 100, 1, 0, 0, 1 } };
    char text[QUIRK_TEXT_MAX];
    struct failure why;

    (void) state;
    assert_true(quirk_parse("varbinds=20  octets=1400 window=16! no-bulk=0! serial\n", &q, &why));
    assert_string_equal(quirk_format(&q, text), "varbinds=20 octets=1400 window=16! no-bulk=0! serial");
    assert_true(quirk_merge(&q, &learnt));
    assert_string_equal(quirk_format(&q, text), "varbinds=40 octets=900 window=16! no-bulk=0! serial");
    assert_false(quirk_merge(&q, &learnt));
    assert_true(quirk_parse("", &q, &why));
    assert_string_equal(quirk_format(&q, text), "");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(quirk_parse(bad[i], &q, &why));
}

#define MS INT64_C(1000000)

static void
test_pace(void **state)
{
    struct pace p;
    int64_t now = 0;

    (void) state;
    pace_init(&p, 1000 * MS, 10, 128);
    for (int i = 0; i < 1000; i++) /* an idle path: up to the limit */
        pace_answered(&p, 20 * MS, 128, now += MS);
    assert_int_equal(pace_window(&p), 128);
    assert_false(pace_queues(&p));
    for (int i = 0; i < 20; i++) { /* single losses without a queue change nothing */
        for (int j = 0; j < 30; j++)
            pace_answered(&p, 20 * MS, 128, now += MS);
        pace_lost(&p, now);
    }
    assert_int_equal(pace_window(&p), 128);
    for (int i = 0; i < 50; i++) /* many do */
        pace_lost(&p, now += 25 * MS);
    assert_true(pace_window(&p) < 20);

    pace_init(&p, 1000 * MS, 10, 128);
    for (int i = 0; i < 2000; i++) { /* 7 ms for each, one after the other, behind 20 ms */
        int n = pace_window(&p);

        assert_true(n < 16);
        pace_answered(&p, i == 0 ? 27 * MS : (n > 3 ? 20 + 7 * n : 27) * MS, n, now += 7 * MS);
    }
    assert_true(pace_queues(&p) && pace_is_serial(&p));
    assert_true(pace_window(&p) >= 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order), cmocka_unit_test(test_backwards), cmocka_unit_test(test_cut), cmocka_unit_test(test_rows),
        cmocka_unit_test(test_quirks),    cmocka_unit_test(test_pace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
