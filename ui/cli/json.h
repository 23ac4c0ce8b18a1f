/* JSON out, one object a line (the only user of json-c). 64-bit numbers are exact. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;

struct json *json_new_object(void);
struct json *json_new_array(void);
/* Add a member to an object; with name NULL, an element to an array. Text that is not UTF-8 is made so. */
void json_text(struct json *to, const char *name, const char *text); /* NULL becomes null */
void json_integer(struct json *to, const char *name, int64_t number);
void json_unsigned(struct json *to, const char *name, uint64_t number);
void json_real(struct json *to, const char *name, double number);
void json_flag(struct json *to, const char *name, bool flag);
void json_octets(struct json *to, const char *name, const uint8_t *octets, size_t n); /* as hex */
/* Takes `child`. */
void json_add(struct json *to, const char *name, struct json *child);
/* Print on standard output with a newline, and free. */
void json_print(struct json *json);
void json_free(struct json *json);

#endif
