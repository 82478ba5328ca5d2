/* The rule of identifier codes, as data: fields, their forms and words, marks between them, the
 * check character, and the DNS labels a code becomes. Read from the text of a rule file;
 * zones/code.rule explains the format and is built in as the default.
 *
 * A rule is one flat struct without pointers: copy it as you like; read-only after parsing, any
 * thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CODE_RULE_NAME_MAX   31 /* octets of the name of a profile, field, value or meaning */
#define CODE_RULE_FIELDS_MAX 12
#define CODE_RULE_FORMS_MAX  4
#define CODE_RULE_WORDS_MAX  16
#define CODE_RULE_TEXT_MAX   128 /* octets of a code */

/* One form of a field. */
struct code_rule_form {
    uint8_t min, max; /* characters */
    uint64_t set;     /* bit n: the character of value n (0-9, a-z) is allowed */
};

/* A value that a field may have, when it has a list of them. */
struct code_rule_word {
    char value[CODE_RULE_NAME_MAX + 1];
    char meaning[CODE_RULE_NAME_MAX + 1];
};

struct code_rule_field {
    char name[CODE_RULE_NAME_MAX + 1];
    char mark; /* before the field; 0 for the first one */
    uint8_t form_count;
    uint8_t word_count; /* 0 = no list */
    struct code_rule_form forms[CODE_RULE_FORMS_MAX];
    struct code_rule_word words[CODE_RULE_WORDS_MAX];
};

/* Fields that make one DNS label, joined by "-". */
struct code_rule_label {
    uint8_t count;
    uint8_t fields[CODE_RULE_FIELDS_MAX];
};

struct code_rule {
    char profile[CODE_RULE_NAME_MAX + 1];
    uint8_t field_count; /* the last one is the check character */
    uint8_t label_count;
    struct code_rule_field fields[CODE_RULE_FIELDS_MAX];
    struct code_rule_label labels[CODE_RULE_FIELDS_MAX]; /* from the left */
};

/* Read a rule file.
 * Shape: text of len octets, UTF-8 in comments. Units: octets.
 * Errors: ERR_SYNTAX, ERR_LIMIT (too many fields, forms, words; a label over 63 or a code over
 * 128 octets); line, column and what was expected in at, which may be NULL.
 * Source: zones/code.rule. */
int code_rule_parse(const char *text, size_t len, struct code_rule *out_rule, struct err_at *at);

/* The text of the default rule, zones/code.rule as it was at build time.
 * Shape: static, terminated. Units: *out_len in octets. Errors: none. Source: zones/code.rule. */
const char *code_rule_default(size_t *out_len);

/* Value of a character: 0-9 are 0 to 9, a-z and A-Z are 10 to 35, others -1.
 * Shape: none. Units: none. Errors: -1. Source: ISO/IEC 7064. */
int code_rule_value(char character);
