/* The grammar of settings files, kept narrower than libconfuse's so that what a person sees is what is read. */
#include "settings/scan.h"

#include "core/memory.h"

#include <stdarg.h>
#include <stdio.h>

#include <string.h>

enum token { END, WORD, STRING, OPEN, CLOSE, EQUAL, COMMA, BAD };

struct scan {
    const char *file, *at, *end;
    int line;
    const char *word; /* of WORD */
    size_t n;
    struct marks *marks;
    size_t scope;     /* the first mark of the section we are in */
    enum section section;
    int opened;       /* its line */
    unsigned count[SECTIONS];
    struct failure *why;
};

#define REFUSE(s, ...) refuse((s), __VA_ARGS__)
static bool refuse(struct scan *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool
refuse(struct scan *s, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return failure_set(s->why, FAILURE_USAGE, "%s:%d: %s", s->file, s->line, text);
}

/* Blanks and comments; false: a comment without an end. */
static bool
skip_blanks(struct scan *s)
{
    while (s->at < s->end) {
        if (*s->at == '\n') {
            s->line++;
            s->at++;
        } else if (*s->at == ' ' || *s->at == '\t' || *s->at == '\r') {
            s->at++;
        } else if (*s->at == '#' || (*s->at == '/' && s->end - s->at > 1 && s->at[1] == '/')) {
            while (s->at < s->end && *s->at != '\n')
                s->at++;
        } else if (*s->at == '/' && s->end - s->at > 1 && s->at[1] == '*') {
            const char *close = memmem(s->at + 2, (size_t) (s->end - s->at) - 2, "*/", 2);

            if (close == NULL)
                return REFUSE(s, "this comment has no end; write */ behind it");
            for (; s->at < close + 2; s->at++)
                s->line += *s->at == '\n';
        } else {
            break;
        }
    }
    return true;
}

static enum token
read_string(struct scan *s)
{
    char quote = *s->at++;

    for (; s->at < s->end && *s->at != quote; s->at++) {
        if (*s->at == '\n')
            break;
        if (*s->at == '\\' && s->end - s->at > 1)
            s->at++;
        else if (quote == '"' && *s->at == '$' && s->end - s->at > 1 && s->at[1] == '{') {
            REFUSE(s, "${…} is not replaced here; write the value, or use single quotes to mean it as it stands");
            return BAD;
        }
    }
    if (s->at == s->end || *s->at != quote) {
        REFUSE(s, "this text has no closing %c on its line", quote);
        return BAD;
    }
    s->at++;
    return STRING;
}

static bool
is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == ':' || c == '/' || c == '@' || c == '%' || c == '~' || c == '<' || c == '>' ||
           (unsigned char) c >= 0x80;
}

static enum token
read_word(struct scan *s)
{
    s->word = s->at;
    while (s->at < s->end && is_plain(*s->at) && !(*s->at == '/' && s->end - s->at > 1 && strchr("/*", s->at[1])))
        s->at++;
    s->n = (size_t) (s->at - s->word);
    if (s->n > 0 && (s->at == s->end || strchr(" \t\r\n={},", *s->at) != NULL))
        return WORD;
    REFUSE(s, "\"%c\" has no meaning here; write text with such characters in quotes", s->at < s->end ? *s->at : ' ');
    return BAD;
}

static enum token
next(struct scan *s)
{
    if (!skip_blanks(s))
        return BAD;
    if (s->at == s->end)
        return END;
    switch (*s->at) {
    case '{':
        s->at++;
        return OPEN;
    case '}':
        s->at++;
        return CLOSE;
    case '=':
        s->at++;
        return EQUAL;
    case ',':
        s->at++;
        return COMMA;
    case '"':
    case '\'':
        return read_string(s);
    default:
        return read_word(s);
    }
}

static void
add_mark(struct scan *s, const struct option *option, int line)
{
    unsigned nth = s->section == SECTION_TOP ? 0 : s->count[s->section] - 1;

    s->marks->at = memory_grow(s->marks->at, s->marks->n + 1, sizeof *s->marks->at);
    s->marks->at[s->marks->n++] = (struct mark) { s->section, nth, option, line };
}

/* How far two names are apart, when it is a letter or two. */
static bool
is_close(const char *a, size_t n, const char *b)
{
    size_t m = strlen(b), front = 0, back = 0, longer = n > m ? n : m, shorter = n > m ? m : n;

    while (front < shorter && a[front] == b[front])
        front++;
    while (back < shorter - front && a[n - 1 - back] == b[m - 1 - back])
        back++;
    return front + back + 2 >= longer && front + back > 1;
}

static bool
unknown(struct scan *s, const char *name, size_t n)
{
    static const char *const secrets[] = { "password", "auth-password", "priv-password", "token" };
    const char *where = s->section == SECTION_TOP ? "outside a section" : section_kinds[s->section].name;

    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        if (strlen(secrets[i]) == n && memcmp(secrets[i], name, n) == 0)
            return REFUSE(s, "secrets are not written here; use %s-command or %s-file", secrets[i], secrets[i]);
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].section == s->section && is_close(name, n, option_table[i].name))
            return REFUSE(s, "\"%.*s\" is not an option (%s); is %s meant?", (int) n, name, where,
                          option_table[i].name);
    return REFUSE(s, "\"%.*s\" is not an option (%s)", (int) (n < 60 ? n : 60), name, where);
}

static bool
read_option(struct scan *s, const char *name, size_t n, int line)
{
    const struct option *option = option_find(s->section, name, n);
    enum token t;

    if (option == NULL)
        return unknown(s, name, n);
    for (size_t i = s->scope; i < s->marks->n; i++)
        if (s->marks->at[i].option == option && s->marks->at[i].section == s->section &&
            (s->section == SECTION_TOP || s->marks->at[i].nth + 1 == s->count[s->section]))
            return REFUSE(s, "%s is set already, in line %d", option->name, s->marks->at[i].line);
    add_mark(s, option, line);
    t = next(s);
    if (t == WORD || t == STRING)
        return true;
    if (t != OPEN)
        return t != BAD && REFUSE(s, "%s = needs a value", option->name);
    if (!option_is_list(option))
        return REFUSE(s, "%s takes one value, not a list", option->name);
    while ((t = next(s)) == WORD || t == STRING || t == COMMA)
        ;
    return t == CLOSE || (t != BAD && REFUSE(s, "the list of %s, begun in line %d, has no closing }", option->name,
                                             line));
}

static bool
open_section(struct scan *s, const char *name, size_t n, int line)
{
    enum section section = SECTION_PROFILE;
    enum token t;

    if (s->section != SECTION_TOP)
        return REFUSE(s, "%.*s: a section inside the section of line %d; is a } missing before it?", (int) n, name,
                      s->opened);
    while (section < SECTIONS &&
           (strlen(section_kinds[section].name) != n || memcmp(section_kinds[section].name, name, n) != 0))
        section++;
    if (section == SECTIONS)
        return REFUSE(s, "there is no section \"%.*s\"", (int) (n < 60 ? n : 60), name);
    t = next(s);
    if (t != OPEN)
        return t != BAD && REFUSE(s, "%s: a { must follow the name", section_kinds[section].name);
    s->section = section;
    s->opened = line;
    s->count[section]++;
    s->scope = s->marks->n;
    add_mark(s, NULL, line);
    return true;
}

static bool
read_statement(struct scan *s)
{
    const char *name = s->word;
    size_t n = s->n;
    int line = s->line;

    switch (next(s)) {
    case EQUAL:
        return read_option(s, name, n, line);
    case WORD:
    case STRING:
        return open_section(s, name, n, line);
    case OPEN:
        return REFUSE(s, "%.*s needs a name: %.*s \"name\" { … }", (int) n, name, (int) n, name);
    case BAD:
        return false;
    case END:
    case CLOSE:
    case COMMA:
        break;
    }
    return REFUSE(s, "= must follow \"%.*s\"", (int) (n < 60 ? n : 60), name);
}

bool
scan_file(const char *file, const char *text, size_t n, struct marks *marks, struct failure *why)
{
    struct scan s = { .file = file, .at = text, .end = text + n, .line = 1, .marks = marks, .why = why };
    enum token t;

    *marks = (struct marks) { 0 };
    if (memchr(text, '\0', n) != NULL)
        return REFUSE(&s, "the file holds a NUL; it is not a text");
    while ((t = next(&s)) != END) {
        if (t == BAD)
            return false;
        if (t == CLOSE && s.section != SECTION_TOP) {
            s.section = SECTION_TOP;
            s.scope = 0;
        } else if (t != WORD) {
            return REFUSE(&s, t == CLOSE ? "this } closes nothing" : "the name of an option or a section must stand here");
        } else if (!read_statement(&s)) {
            return false;
        }
    }
    return s.section == SECTION_TOP || REFUSE(&s, "the file ends inside the section %s of line %d; write } behind it",
                                              section_kinds[s.section].name, s.opened);
}
