/* json-c behind a small door: `struct json` is its object. */
#include "cli/json.h"

#include "api/text.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct json_object *
inner(struct json *json)
{
    return (struct json_object *) (void *) json;
}

static struct json *
outer(struct json_object *object)
{
    if (object == NULL) {
        fputs("trapline: memory: no more could be had\n", stderr);
        exit(5);
    }
    return (struct json *) (void *) object;
}

static void
add(struct json *to, const char *name, struct json_object *child)
{
    if (name != NULL)
        json_object_object_add(inner(to), name, child);
    else
        json_object_array_add(inner(to), child);
}

struct json *
json_new_object(void)
{
    return outer(json_object_new_object());
}

struct json *
json_new_array(void)
{
    return outer(json_object_new_array());
}

void
json_text(struct json *to, const char *name, const char *text)
{
    size_t n;
    char *clean, *at;

    if (text == NULL) {
        add(to, name, NULL);
        return;
    }
    clean = malloc(8 * strlen(text) + 1); /* an octet becomes at most <U+XXXX> */
    if (clean == NULL)
        outer(NULL);
    for (at = clean; *text != '\0'; text += n) {
        n = strcspn(text, "\n");
        at += text_sanitize((const uint8_t *) text, n, at, 8 * n + 1);
        if (text[n] == '\n') {
            *at++ = '\n';
            n++;
        }
    }
    *at = '\0';
    add(to, name, (struct json_object *) (void *) outer(json_object_new_string(clean)));
    free(clean);
}

void
json_integer(struct json *to, const char *name, int64_t number)
{
    add(to, name, json_object_new_int64(number));
}

void
json_unsigned(struct json *to, const char *name, uint64_t number)
{
    add(to, name, json_object_new_uint64(number));
}

void
json_real(struct json *to, const char *name, double number)
{
    add(to, name, json_object_new_double(number));
}

void
json_flag(struct json *to, const char *name, bool flag)
{
    add(to, name, json_object_new_boolean(flag));
}

void
json_octets(struct json *to, const char *name, const uint8_t *octets, size_t n)
{
    char *hex = malloc(2 * n + 1);

    if (hex == NULL)
        outer(NULL);
    for (size_t i = 0; i < n; i++)
        snprintf(hex + 2 * i, 3, "%02x", octets[i]);
    hex[2 * n] = '\0';
    add(to, name, json_object_new_string(hex));
    free(hex);
}

void
json_add(struct json *to, const char *name, struct json *child)
{
    add(to, name, inner(child));
}

void
json_print(struct json *json)
{
    puts(json_object_to_json_string_ext(inner(json), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_free(json);
}

void
json_free(struct json *json)
{
    json_object_put(inner(json));
}
