/* Quirk profiles as text, and merging. See api/quirk.h. */
#include "core/quirk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct word {
    const char *word;
    bool flag;
    int32_t most;
} words[QUIRKS] = {
    [QUIRK_VARBINDS] = { "varbinds", false, 10000 }, [QUIRK_OCTETS] = { "octets", false, 65535 },
    [QUIRK_WINDOW] = { "window", false, 128 },       [QUIRK_NO_BULK] = { "no-bulk", true, 1 },
    [QUIRK_BACK] = { "back", true, 1 },              [QUIRK_SLOW] = { "slow", true, 1 },
    [QUIRK_SERIAL] = { "serial", true, 1 },
};

char *
quirk_format(const struct quirks *quirks, char text[QUIRK_TEXT_MAX])
{
    size_t n = 0;

    text[0] = '\0';
    for (int i = 0; i < QUIRKS; i++) {
        const char *space = n > 0 ? " " : "", *mark = quirks->edited[i] ? "!" : "";

        if (quirks->value[i] == 0 && !quirks->edited[i])
            continue;
        if (words[i].flag && quirks->value[i] != 0)
            n += (size_t) snprintf(text + n, QUIRK_TEXT_MAX - n, "%s%s%s", space, words[i].word, mark);
        else
            n += (size_t) snprintf(text + n, QUIRK_TEXT_MAX - n, "%s%s=%d%s", space, words[i].word,
                                   (int) quirks->value[i], mark);
    }
    return text;
}

bool
quirk_names(const char *word, enum quirk quirk)
{
    size_t n = strlen(words[quirk].word);

    return strncmp(word, words[quirk].word, n) == 0 && strchr("=! ", word[n]) != NULL;
}

static bool
read_word(const char *text, size_t n, struct quirks *out)
{
    bool edited = n > 0 && text[n - 1] == '!';

    n -= edited;
    for (int i = 0; i < QUIRKS; i++) {
        size_t length = strlen(words[i].word);
        char digits[12] = "1", *end;
        long value;

        if (n < length || strncmp(text, words[i].word, length) != 0 || (n > length && text[length] != '='))
            continue;
        if (n == length && !words[i].flag)
            return false;
        if (n > length) {
            if (n - length - 1 < 1 || n - length - 1 >= sizeof digits)
                return false;
            memcpy(digits, text + length + 1, n - length - 1);
            digits[n - length - 1] = '\0';
        }
        value = strtol(digits, &end, 10);
        if (*end != '\0' || digits[0] < '0' || digits[0] > '9' || value > words[i].most)
            return false;
        out->value[i] = (int32_t) value;
        out->edited[i] = edited;
        return true;
    }
    return false;
}

bool
quirk_parse(const char *text, struct quirks *out, struct failure *why)
{
    *out = (struct quirks) { 0 };
    for (;;) {
        size_t n;

        text += strspn(text, " \t");
        n = strcspn(text, " \t\n");
        if (n == 0)
            return true;
        if (!read_word(text, n, out))
            return failure_set(why, FAILURE_USAGE,
                               "\"%.*s\" is no quirk; write varbinds=N octets=N window=N no-bulk back slow serial, "
                               "NAME=0 for \"not so\", with ! behind what must not be learnt anew",
                               n < 60 ? (int) n : 60, text);
        text += n;
    }
}

bool
quirk_merge(struct quirks *known, const struct quirks *learnt)
{
    bool changed = false;

    for (int i = 0; i < QUIRKS; i++) {
        int32_t old = known->value[i], new = learnt->value[i];

        if (known->edited[i] || new == old)
            continue;
        known->value[i] = new;
        /* A window moves all the time: only a real difference is news. */
        changed = changed || i != QUIRK_WINDOW || new > old + old / 4 || new < old - old / 4;
    }
    return changed;
}
