/* Values as people read and write them, by their syntax: enumerations, BITS, DISPLAY-HINT (RFC 2579 §3.1),
 * TimeTicks, DateAndTime, addresses, octets.
 *
 * What comes out is plain printable UTF-8: nothing from a device can reach a terminal as a control. */
#ifndef API_RENDER_H
#define API_RENDER_H

#include "failure.h"
#include "syntax.h"

enum render_style {
    RENDER_PLAIN, /* "up(1)", "1 d 02:03:04", "00:1b:54:aa:01:00", text as it is */
    RENDER_BARE,  /* for wide tables: "up" */
    RENDER_QUOTED,/* as PLAIN, strings in quotes */
    RENDER_RAW,   /* the number or the octets: "1", "93784000", "00 1b 54 aa 01 00" */
    RENDER_HEX,   /* "0x2a", "0x001b54aa0100": render_parse takes it for any octets */
    RENDER_SCREEN,/* as QUOTED, digits in groups: "84 421 099", "up(1)" */
    RENDER_CELL,  /* as BARE, digits in groups */
};

/* At most size - 1 octets and a NUL, cut at a character; units are the caller's to add. A value that is not of
 * its syntax's type is shown as what it is. `syntax` may be NULL. Returns `text`. */
char *render_value(const struct value *value, const struct syntax *syntax, enum render_style style, char *text,
                   size_t size);

/* A reading of ENTITY-SENSOR-MIB by the other columns of its row, EntitySensorDataType, -DataScale and -Precision
 * (RFC 3433 §3): "23.8 °C", "12043 mV". What they do not say is left as it is. Returns `text`. */
char *render_sensor(int64_t value, int64_t type, int64_t scale, int64_t precision, char *text, size_t size);

/* Octets as people read them: "512 B", "7.6 GiB". Returns `text`. */
char *render_size(uint64_t octets, char *text, size_t size);

/* The UNITS without the part of ten that they begin with, and how many decimals it stands for: "0.1 Hertz" is "Hertz" and
 * 1. "" when there are none. */
const char *render_tenths(const struct syntax *syntax, int *decimals);
/* A rendered number with that part of ten taken into it, and no units. Returns `text`. */
char *render_scaled(const struct value *value, const struct syntax *syntax, char *text, size_t size);
/* A rendered number with its UNITS behind it: "1500 octets"; where these say a part of ten it is taken into the number,
 * so that 500 in units of "0.1 Hertz" is "50.0 Hertz". Other values stay as they are. Returns `text`. */
char *render_units(const struct value *value, const struct syntax *syntax, char *text, size_t size);

/* The value that `text` means under `syntax`, checked against its type, ranges, sizes and enumeration. Octets
 * or arcs are written to `room`, which *out then borrows. Takes what render_value writes; besides: labels or
 * numbers, "0x001b" or "x:00 1b" for any octets, text in quotes with \" \\ \xNN, and with no syntax a letter
 * for the type ("i:5", "s:text"; the sentence of the refusal lists them). */
struct render_room {
    union {
        uint8_t octets[65536];
        uint32_t arcs[OID_MAX];
    };
};
bool render_parse(const char *text, const struct syntax *syntax, struct value *out, struct render_room *room,
                  struct failure *why);

/* A row's instance, decoded by its INDEX (RFC 2578 §7.7). */
struct index_value {
    const struct index_part *part; /* NULL for arcs that are left over or do not fit */
    struct value value;            /* borrows from the room */
};
struct index_room {
    uint8_t octets[OID_MAX * 4];
    uint32_t arcs[OID_MAX];
    struct index_part parts[4]; /* addresses whose InetAddressType is known get a syntax that says so */
};
/* Returns how many entries of `out` were filled (at most n_parts + 1: what is left over comes last, as arcs). */
size_t render_index(const uint32_t *arcs, size_t n, const struct index_part *parts, size_t n_parts,
                    struct index_value *out, struct index_room *room);
/* The other way: the value's arcs added to *out; false, *out unchanged, when it is no index or too long. */
bool render_index_append(const struct index_part *part, const struct value *value, struct oid *out);

#endif
