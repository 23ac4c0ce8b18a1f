/* What a value looks like. A value whose type is not what its MIB says is shown as the type it came with. */
#include "api/render.h"

#include "core/hint.h"
#include "core/render-forms.h"
#include "core/sink.h"
#include "core/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct look {
    bool quotes;  /* around strings */
    bool numbers; /* behind labels: up(1) */
    bool groups;  /* of three digits, a space between */
};

static struct look
look_of(enum render_style style)
{
    switch (style) {
    case RENDER_PLAIN:
        return (struct look) { .numbers = true };
    case RENDER_BARE:
    case RENDER_RAW:
    case RENDER_HEX:
        return (struct look) { 0 };
    case RENDER_QUOTED:
        return (struct look) { .quotes = true, .numbers = true };
    case RENDER_SCREEN:
        return (struct look) { .quotes = true, .numbers = true, .groups = true };
    case RENDER_CELL:
        return (struct look) { .groups = true };
    }
    return (struct look) { 0 };
}

static bool
is_number(enum value_type type)
{
    return type == VALUE_INTEGER || type == VALUE_COUNTER32 || type == VALUE_GAUGE32 ||
           type == VALUE_TIMETICKS || type == VALUE_COUNTER64;
}

static void
put_decimal(struct sink *sink, const struct value *v, bool groups)
{
    char text[32], grouped[48], *at = grouped;
    int n = v->type == VALUE_INTEGER ? snprintf(text, sizeof text, "%" PRId64, v->i)
                                     : snprintf(text, sizeof text, "%" PRIu64, v->u);

    for (int i = 0; i < n; i++) {
        if (groups && i > 0 && (n - i) % 3 == 0 && text[i - 1] != '-')
            *at++ = ' ';
        *at++ = text[i];
    }
    sink_add(sink, grouped, (size_t) (at - grouped));
}

static void
put_label(struct sink *sink, const struct syntax_name *name, const struct look *look)
{
    sink_clean(sink, (const uint8_t *) name->label, strlen(name->label), 0);
    if (look->numbers)
        sink_format(sink, "(%" PRId64 ")", name->number);
}

static const struct syntax_name *
name_of(const struct syntax *syntax, int64_t number)
{
    for (uint32_t i = 0; i < syntax->n_names; i++)
        if (syntax->names[i].number == number)
            return &syntax->names[i];
    return NULL;
}

static void
put_number(struct sink *sink, const struct value *v, const struct syntax *syntax, const struct look *look)
{
    char text[96];
    size_t n;

    if (syntax != NULL && syntax->base != SYNTAX_BITS && syntax->n_names > 0) {
        const struct syntax_name *name = name_of(syntax, v->i);

        if (name != NULL)
            put_label(sink, name, look);
        else
            put_decimal(sink, v, false);
        return;
    }
    if (v->type == VALUE_TIMETICKS)
        render_ticks(sink, v->u);
    else if (syntax != NULL && syntax->hint != NULL &&
             hint_integer(syntax->hint, v->i, v->type != VALUE_INTEGER, text, sizeof text, &n) &&
             strcmp(syntax->hint, "d") != 0)
        sink_add(sink, text, n);
    else
        put_decimal(sink, v, look->groups);
}

static void
put_bits(struct sink *sink, const struct value *v, const struct syntax *syntax, const struct look *look)
{
    bool any = false;

    for (uint32_t bit = 0; bit < v->n * 8 && !sink->full; bit++) {
        const struct syntax_name *name;

        if ((v->octets[bit / 8] & (0x80 >> bit % 8)) == 0)
            continue;
        if (any)
            sink_text(sink, " ");
        any = true;
        name = name_of(syntax, bit);
        if (name != NULL)
            put_label(sink, name, look);
        else
            sink_format(sink, "%" PRIu32, bit);
    }
    if (!any)
        sink_text(sink, "{}");
}

/* Without a hint: is it what a person wrote? Line ends and a NUL at the end are common in real devices'
 * texts. */
static bool
looks_like_text(const uint8_t *octets, size_t n)
{
    size_t used;
    uint32_t c;

    for (size_t i = 0; i < n; i += used) {
        used = utf8_decode(octets + i, n - i, &c);
        if (used == 0 || (utf8_is_hidden(c) && c != '\t' && c != '\r' && c != '\n' && c != 0xfeff))
            return false;
    }
    return true;
}

static void
put_text(struct sink *sink, const uint8_t *octets, size_t n, const struct look *look)
{
    if (look->quotes)
        sink_text(sink, "\"");
    sink_clean(sink, octets, n, look->quotes ? '"' : 0);
    if (look->quotes)
        sink_text(sink, "\"");
}

static void
put_octets(struct sink *sink, const struct value *v, const struct syntax *syntax, const struct look *look)
{
    const struct render_form *form = render_form(syntax);
    struct sink before = *sink;
    bool utf8;
    size_t n = v->n;

    if (syntax != NULL && syntax->base == SYNTAX_BITS) {
        put_bits(sink, v, syntax, look);
        return;
    }
    if (form != NULL && n > 0 && form->show(sink, v->octets, n))
        return;
    *sink = before;
    if (syntax != NULL && syntax->hint != NULL && form == NULL) {
        if (hint_is_text(syntax->hint, &utf8)) {
            put_text(sink, v->octets, n, look);
            return;
        }
        if (hint_octets(syntax->hint, v->octets, n, sink->at + sink->n, sink->size - sink->n)) {
            sink->n += strlen(sink->at + sink->n);
            return;
        }
    }
    while (n > 0 && v->octets[n - 1] == 0)
        n--;
    if (v->n == 0 || (n > 0 && looks_like_text(v->octets, n)))
        put_text(sink, v->octets, v->n, look);
    else
        sink_hex(sink, v->octets, v->n, " ");
}

static void
put_arcs(struct sink *sink, const struct value *v)
{
    for (uint32_t i = 0; i < v->n && !sink->full; i++)
        sink_format(sink, i == 0 ? "%" PRIu32 : ".%" PRIu32, v->arcs[i]);
}

static void
put_address(struct sink *sink, const struct value *v)
{
    if (v->n == 4)
        sink_format(sink, "%u.%u.%u.%u", v->octets[0], v->octets[1], v->octets[2], v->octets[3]);
    else
        sink_hex(sink, v->octets, v->n, " ");
}

static void
put_raw(struct sink *sink, const struct value *v, bool hex)
{
    if (is_number(v->type) && hex)
        sink_format(sink, v->type == VALUE_INTEGER && v->i < 0 ? "-0x%" PRIx64 : "0x%" PRIx64,
                    v->type == VALUE_INTEGER && v->i < 0 ? -v->u : v->u);
    else if (is_number(v->type))
        put_decimal(sink, v, false);
    else if (v->type == VALUE_OID)
        put_arcs(sink, v);
    else {
        if (hex)
            sink_text(sink, "0x");
        sink_hex(sink, v->octets, v->n, hex ? "" : " ");
    }
}

char *
render_value(const struct value *value, const struct syntax *syntax, enum render_style style, char *text,
             size_t size)
{
    struct sink sink = sink_start(text, size);
    struct look look = look_of(style);

    if (size == 0)
        return text;
    if (value_is_exception(value) || value->type == VALUE_NULL) {
        sink_text(&sink, value_type_name(value->type));
        return text;
    }
    if (style == RENDER_RAW || style == RENDER_HEX) {
        put_raw(&sink, value, style == RENDER_HEX);
        return text;
    }
    switch (value->type) {
    case VALUE_INTEGER:
    case VALUE_COUNTER32:
    case VALUE_GAUGE32:
    case VALUE_TIMETICKS:
    case VALUE_COUNTER64:
        put_number(&sink, value, syntax, &look);
        break;
    case VALUE_OCTETS:
        put_octets(&sink, value, syntax, &look);
        break;
    case VALUE_OID:
        put_arcs(&sink, value);
        break;
    case VALUE_IPADDRESS:
        put_address(&sink, value);
        break;
    case VALUE_OPAQUE:
        if (!render_opaque(&sink, value->octets, value->n))
            sink_hex(&sink, value->octets, value->n, " ");
        break;
    case VALUE_NULL:
    case VALUE_NO_SUCH_OBJECT:
    case VALUE_NO_SUCH_INSTANCE:
    case VALUE_END_OF_MIB_VIEW:
        break;
    }
    return text;
}
