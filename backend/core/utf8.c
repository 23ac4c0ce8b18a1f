#include "core/utf8.h"

#include <assert.h>
#include <locale.h>
#include <wchar.h>
#include <wctype.h>

size_t
utf8_decode(const uint8_t *at, size_t n, uint32_t *out)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t least;
    } forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };

    for (size_t i = 0; i < 4 && i < n; i++) {
        uint32_t c = at[0] & (uint8_t) ~forms[i].mask;

        if ((at[0] & forms[i].mask) != forms[i].lead)
            continue;
        for (size_t k = 1; k <= i; k++) {
            if ((at[k] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (at[k] & 0x3f);
        }
        if (c < forms[i].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return 0;
        *out = c;
        return i + 1;
    }
    return 0;
}

/* wcwidth and towlower follow the thread's locale; ours must not depend on how a person's is set. */
static locale_t
utf8_locale(void)
{
    static locale_t made;

    if (made == (locale_t) 0)
        made = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
    assert(made != (locale_t) 0); /* glibc has had it built in since 2.35 */
    return made;
}

int
utf8_cells(uint32_t character)
{
    locale_t before;
    int cells;

    if (character < 0x7f)
        return character >= 0x20 ? 1 : -1;
    before = uselocale(utf8_locale());
    cells = wcwidth((wchar_t) character);
    uselocale(before);
    return cells;
}

uint32_t
utf8_lower(uint32_t character)
{
    if (character < 0x80)
        return character >= 'A' && character <= 'Z' ? character + 0x20 : character;
    return (uint32_t) towlower_l((wint_t) character, utf8_locale());
}
