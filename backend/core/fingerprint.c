#include "core/fingerprint.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

bool
fingerprint_parse(const char *text, uint8_t out[FINGERPRINT_OCTETS])
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";

    for (int i = 0; i < FINGERPRINT_OCTETS; i++) {
        if (i > 0 && *text == ':')
            text++;
        out[i] = 0;
        for (int half = 0; half < 2; half++, text++) {
            const char *digit = *text != '\0' ? strchr(digits, *text) : NULL;

            if (digit == NULL)
                return false;
            out[i] = (uint8_t) (out[i] << 4 | ((digit - digits) & 15));
        }
    }
    return *text == '\0';
}

void
fingerprint_format(const uint8_t octets[FINGERPRINT_OCTETS], char out[FINGERPRINT_TEXT])
{
    for (int i = 0; i < FINGERPRINT_OCTETS; i++)
        snprintf(out + 2 * i, 3, "%02x", octets[i]);
}
