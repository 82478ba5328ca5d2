/* Identifier codes: read by a rule, canonical, with their check character, and as domain names.
 *
 * cn.440300.20087/402.z01.000017-k is 000017-k.z01.402.20087.440300.cn below id.<zone>. The rule
 * says all of it (zones/code_rule.h). A code is a flat struct, the caller's. Stateless, any
 * thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "zones/code_rule.h"

#define CODE_TEXT_MAX CODE_RULE_TEXT_MAX

/* A code, or its leading fields. */
struct code {
    char text[CODE_TEXT_MAX + 1]; /* canonical: lower case, terminated */
    uint8_t len;
    uint8_t part_count; /* fields that are there: all of the rule's, or the first ones */
    struct {
        uint8_t at, len;
    } part[CODE_RULE_FIELDS_MAX]; /* each field in text */
};

/* Read a whole code, any case, and verify its check character.
 * Shape: text of len octets. Units: octets.
 * Errors: ERR_CODE_FIELD, ERR_CODE_CHECK; "FIELD: ..." in at, which may be NULL; column there
 * counts in text.
 * Source: zones/code.rule, ISO/IEC 7064. */
int code_parse(const struct code_rule *rule, const char *text, size_t len, struct code *out_code,
               struct err_at *at);

/* Read the leading fields of a code, one or more, to list what is registered under them.
 * Shape: text of len octets that ends behind a field. Units: octets. Errors: ERR_CODE_FIELD, as
 * code_parse.
 * Source: zones/code.rule. */
int code_parse_prefix(const struct code_rule *rule, const char *text, size_t len,
                      struct code *out_code, struct err_at *at);

/* Read a code without its check character and the mark before it, and add both.
 * Shape: text of len octets. Units: octets. Errors: ERR_CODE_FIELD, as code_parse.
 * Source: ISO/IEC 7064. */
int code_complete(const struct code_rule *rule, const char *text, size_t len, struct code *out_code,
                  struct err_at *at);

/* Check character over letters and digits; all other characters are passed over.
 * Shape: text of len octets, any case; result in 0-9, a-z. Units: octets. Errors: none.
 * Source: ISO/IEC 7064, MOD 37,36. */
char code_check_character(const char *text, size_t len);

/* The name of a code or of its leading fields, below base (id.<zone>). All codes with these
 * leading fields are at or below that name.
 * Shape: out_name of DNS_NAME_MAX octets, wire form. Units: *out_len in octets.
 * Errors: ERR_CODE_FIELD (the leading fields do not end at a label), ERR_NAME_LONG.
 * Source: zones/code.rule. */
int code_to_name(const struct code_rule *rule, const struct code *code, const uint8_t *base,
                 uint8_t *out_name, size_t *out_len);

/* The whole code that a name below base stands for; its check character is verified.
 * Shape: valid wire names, any case. Units: none.
 * Errors: ERR_OUT_OF_ZONE (not below base), ERR_CODE_FIELD, ERR_CODE_CHECK; at may be NULL.
 * Source: zones/code.rule. */
int code_from_name(const struct code_rule *rule, const uint8_t *name, const uint8_t *base,
                   struct code *out_code, struct err_at *at);
