/* The SHA-256 of a certificate in hexadecimal, as `openssl x509 -fingerprint` writes it or without the colons. */
#ifndef CORE_FINGERPRINT_H
#define CORE_FINGERPRINT_H

#include <stdbool.h>
#include <stdint.h>

enum { FINGERPRINT_OCTETS = 32 };

bool fingerprint_parse(const char *text, uint8_t out[FINGERPRINT_OCTETS]);

#endif
