/* Any octets as a MIB file: parsed, packed, read again and linked alone. */
#include "mib/link.h"
#include "mib/parse.h"
#include "mib/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct link_file file = {.path = "fuzz", .size = n, .at = WRITE_UNITS_AT};
    struct linker linker;
    size_t size;
    void *block = parse_file((const char *)data, n, &size);

    if (!unit_read(&file.unit, block, size))
        abort();
    file.kind = file.unit.head->file_kind;
    link_start(&linker, &file, 1, WRITE_UNITS_AT + size);
    link_order(&linker);
    link_rest(&linker);
    diag_excerpts(&file.diags, (const char *)data, n);
    link_free(&linker);
    free(block);
    return 0;
}
