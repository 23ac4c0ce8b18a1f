/* What stands in for libFuzzer in an ordinary build: a target is given each file of its committed corpus, then
 * mutations of them that are the same on each run. A fault ends the program, which TAP reads as failure.
 *
 * Usage: TARGET [FILE…]; FUZZ_ROUNDS=N sets how many mutations. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { INPUTS_MAX = 2000, INPUT_MAX = 1 << 20, ROUNDS = 2000, MUTANT_MAX = 8192, CPU_SECONDS = 4 };

struct input {
    uint8_t *at;
    size_t n;
};

static struct input inputs[INPUTS_MAX];
static size_t n_inputs;

static void
add_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct input *input = &inputs[n_inputs];

    if (file == NULL || n_inputs == INPUTS_MAX || (input->at = malloc(INPUT_MAX)) == NULL) {
        printf("Bail out! %s cannot be read\n", path);
        exit(1);
    }
    input->n = fread(input->at, 1, INPUT_MAX, file);
    fclose(file);
    n_inputs++;
}

static int
no_dot(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void
add_corpus(const char *program)
{
    const char *top = getenv("top_srcdir"), *slash = strrchr(program, '/');
    char directory[2048], path[4096];
    struct dirent **names;
    int n;

    snprintf(directory, sizeof directory, "%s/tests/fuzz/corpus/%s", top != NULL ? top : ".",
             slash != NULL ? slash + 1 : program);
    n = scandir(directory, &names, no_dot, alphasort);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[i]->d_name);
        add_file(path);
        free(names[i]);
    }
    if (n > 0)
        free(names);
}

/* A copy of exactly the input's size, so that a sanitizer sees each octet read behind it. */
static void
give(const uint8_t *at, size_t n)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);

    if (copy == NULL)
        abort();
    memcpy(copy, at, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static uint32_t
dice(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static size_t
cut(uint8_t *at, size_t n)
{
    size_t from = dice() % n, length = 1 + dice() % (n - from);

    memmove(at + from, at + from + length, n - from - length);
    return n - length;
}

static size_t
repeat(uint8_t *at, size_t n)
{
    size_t from = dice() % n, length = 1 + dice() % (n - from);

    if (length > MUTANT_MAX - n)
        length = MUTANT_MAX - n;
    memmove(at + from + length, at + from, n - from);
    return n + length;
}

static size_t
mutate(uint8_t *at, size_t n)
{
    static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff, '"', '{', '}', '(', ')', '-', '\n', ',', ':', '='};

    for (unsigned changes = 1 + dice() % 4; changes > 0 && n > 0; changes--)
        switch (dice() % 6) {
        case 0:
            at[dice() % n] ^= (uint8_t)(1u << dice() % 8);
            break;
        case 1:
            at[dice() % n] = odd[dice() % sizeof odd];
            break;
        case 2:
            at[dice() % n] = (uint8_t)dice();
            break;
        case 3:
            n = cut(at, n);
            break;
        case 4:
            n = repeat(at, n);
            break;
        default:
            n = 1 + dice() % n;
            break;
        }
    return n;
}

static unsigned
run_mutants(unsigned rounds)
{
    static uint8_t room[MUTANT_MAX];
    unsigned done = 0;

    while (done < rounds && clock() / CLOCKS_PER_SEC < CPU_SECONDS) {
        const struct input *input = &inputs[dice() % n_inputs];
        size_t n = input->n < MUTANT_MAX ? input->n : MUTANT_MAX, from = 0;

        if (input->n > MUTANT_MAX && dice() % 2 == 0)
            from = dice() % (input->n - MUTANT_MAX);
        memcpy(room, input->at + from, n);
        give(room, n > 0 ? mutate(room, n) : 0);
        done++;
    }
    return done;
}

int
main(int argc, char **argv)
{
    const char *rounds = getenv("FUZZ_ROUNDS");
    unsigned done;

    for (int i = 1; i < argc; i++)
        add_file(argv[i]);
    if (argc == 1)
        add_corpus(argv[0]);
    printf("1..2\n");
    for (size_t i = 0; i < n_inputs; i++)
        give(inputs[i].at, inputs[i].n);
    printf("%sok 1 - %zu inputs of the corpus\n", n_inputs > 0 ? "" : "not ", n_inputs);
    fflush(stdout);
    done = argc == 1 && n_inputs > 0 ? run_mutants(rounds != NULL ? (unsigned)strtoul(rounds, NULL, 10) : ROUNDS) : 0;
    printf("ok 2 - %u mutations of them\n", done);
    for (size_t i = 0; i < n_inputs; i++)
        free(inputs[i].at);
    return n_inputs > 0 ? 0 : 1;
}
