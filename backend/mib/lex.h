/* Tokens of SMI text (RFC 2578 §3, ASN.1 1988), read leniently: what real files get wrong comes out as a
 * token and a remark, never as an end. The text needs no NUL behind it. */
#ifndef MIB_LEX_H
#define MIB_LEX_H

#include "mib/diag.h"
#include "mib/keyword.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_NUMBER,
    TOKEN_STRING, /* at, n: between the quotes */
    TOKEN_HEX,    /* 'ff'H: between the quotes */
    TOKEN_BINARY,
    TOKEN_ASSIGN,
    TOKEN_RANGE, /* .. */
    TOKEN_MARK,  /* one octet of punctuation, in mark */
};

struct token {
    enum token_kind kind;
    enum keyword keyword; /* of a word; KEYWORD_NONE for names */
    char mark;
    bool negative, huge; /* of a number: -value; does not fit 64 bits */
    bool closed;         /* of a string: its quote was there */
    const char *at;
    uint32_t n, line, offset;
    uint32_t lines; /* newlines inside a string */
    uint64_t value;
};

struct lexer {
    const char *text, *at, *end;
    uint32_t line;
    struct diag_list *diags;
};

void lexer_start(struct lexer *lexer, const char *text, size_t n, struct diag_list *diags);
void lexer_next(struct lexer *lexer, struct token *out);
/* Go on reading at `offset`, which lies on `line`. */
void lexer_seek(struct lexer *lexer, uint32_t offset, uint32_t line);
bool token_is(const struct token *token, const char *word);

#endif
