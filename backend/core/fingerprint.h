/* The SHA-256 of a certificate in hexadecimal, as `openssl x509 -fingerprint` writes it or without the colons. */
#ifndef CORE_FINGERPRINT_H
#define CORE_FINGERPRINT_H

#include <stdbool.h>
#include <stdint.h>

enum { FINGERPRINT_OCTETS = 32, FINGERPRINT_TEXT = 2 * FINGERPRINT_OCTETS + 1 };

bool fingerprint_parse(const char *text, uint8_t out[FINGERPRINT_OCTETS]);
void fingerprint_format(const uint8_t octets[FINGERPRINT_OCTETS], char out[FINGERPRINT_TEXT]);

#endif
