#include "zones/code.h"

#include <string.h>

#include "base/bytes.h"
#include "zones/dns_name.h"

enum { SHOWN_MAX = 40 }; /* octets of a wrong code in an error text */

char code_check_character(const char *text, size_t len)
{
    static const char characters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    int product = 36; /* ISO/IEC 7064, hybrid systems: P(1) = M */
    for (size_t i = 0; i < len; i++) {
        int value = code_rule_value(text[i]);
        if (value < 0) {
            continue;
        }
        int sum = (product + value) % 36;
        product = (sum == 0 ? 36 : sum) * 2 % 37;
    }
    return characters[(37 - product) % 36]; /* so that product + check = 1 (mod 36) */
}

/* A code as it is read. */
struct reader {
    const struct code_rule *rule;
    const char *text;
    size_t len;
    size_t pos;
    struct code *code;
    struct err_at *at;
};

static bool is_form(const struct code_rule_form *form, const char *text, size_t len)
{
    if (len < form->min || len > form->max) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        int value = code_rule_value(text[i]);
        if (value < 0 || !(form->set >> value & 1)) {
            return false;
        }
    }
    return true;
}

static bool is_listed(const struct code_rule_field *field, const char *text, size_t len)
{
    for (unsigned i = 0; i < field->word_count; i++) {
        if (strlen(field->words[i].value) == len &&
            strncasecmp(field->words[i].value, text, len) == 0) {
            return true;
        }
    }
    return field->word_count == 0;
}

/* A set of characters as the rule file writes it. */
static void put_set(struct wr *wr, uint64_t set)
{
    static const char characters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    for (unsigned first = 0; first < 36; first++) {
        if (!(set >> first & 1)) {
            continue;
        }
        unsigned last = first;
        while (last + 1 < 36 && last != 9 && set >> (last + 1) & 1) { /* 9 and a are two ranges */
            last++;
        }
        wr_u8(wr, (uint8_t)characters[first]);
        if (last > first) {
            wr_print(wr, "-%c", characters[last]);
        }
        first = last;
    }
}

/* What a field may be: its words, or its forms. */
static void put_expected(struct wr *wr, const struct code_rule_field *field)
{
    for (unsigned i = 0; i < field->word_count; i++) {
        wr_print(wr, "%s%s", i > 0 ? " or " : "", field->words[i].value);
    }
    for (unsigned i = 0; i < field->form_count && field->word_count == 0; i++) {
        const struct code_rule_form *form = &field->forms[i];
        wr_print(wr, "%s%u", i > 0 ? " or " : "", form->min);
        if (form->max > form->min) {
            wr_print(wr, "-%u", form->max);
        }
        wr_print(wr, " of ");
        put_set(wr, form->set);
    }
}

/* "region: expected 6 of 0-9, found '44030.20087'"; expected NULL = what the field may be. */
static int fail(const struct reader *reader, const struct code_rule_field *field,
                const char *expected)
{
    char text[120];
    char found[SHOWN_MAX + 1];
    struct wr wr = wr_make(text, sizeof text - 1);
    if (expected) {
        wr_print(&wr, "%s", expected);
    } else {
        put_expected(&wr, field);
    }
    *wr.pos = '\0';
    size_t left = reader->len - reader->pos;
    size_t shown = left < SHOWN_MAX ? left : SHOWN_MAX;
    for (size_t i = 0; i < shown; i++) {
        char c = reader->text[reader->pos + i];
        found[i] = c >= ' ' && c <= '~' ? c : '?';
    }
    found[shown] = '\0';
    return err_at_set(reader->at, ERR_CODE_FIELD, 0, (unsigned)reader->pos + 1,
                      "%s: expected %s, found '%s'", field->name, text, found);
}

static bool is_value(const struct code_rule_field *field, const char *text, size_t len)
{
    for (unsigned i = 0; i < field->form_count; i++) {
        if (is_form(&field->forms[i], text, len)) {
            return is_listed(field, text, len);
        }
    }
    return false;
}

static void append(struct code *code, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) { /* letters are the only ones that have a case */
        bool is_upper = text[i] >= 'A' && text[i] <= 'Z';
        code->text[code->len++] = (char)(text[i] + (is_upper ? 32 : 0));
    }
}

/* The next field and the mark before it. The rule bounds the length of all of them together. */
static int read_part(struct reader *reader)
{
    struct code *code = reader->code;
    const struct code_rule_field *field = &reader->rule->fields[code->part_count];
    if (field->mark) {
        const char expected[] = {'\'', field->mark, '\'', '\0'};
        if (reader->pos == reader->len || reader->text[reader->pos] != field->mark) {
            return fail(reader, field, expected);
        }
        append(code, &field->mark, 1);
        reader->pos++;
    }
    const char *text = reader->text + reader->pos;
    size_t len = 0;
    while (reader->pos + len < reader->len && code_rule_value(text[len]) >= 0) {
        len++;
    }
    if (!is_value(field, text, len)) {
        return fail(reader, field, NULL);
    }
    code->part[code->part_count].at = code->len;
    code->part[code->part_count].len = (uint8_t)len;
    code->part_count++;
    append(code, text, len);
    reader->pos += len;
    return 0;
}

static int check_character(struct reader *reader)
{
    struct code *code = reader->code;
    unsigned last = reader->rule->field_count - 1u;
    char wanted = code_check_character(code->text, code->part[last].at);
    char found = code->text[code->part[last].at];
    if (found == wanted) {
        return 0;
    }
    return err_at_set(reader->at, ERR_CODE_CHECK, 0, (unsigned)code->part[last].at + 1,
                      "%s: '%c' does not fit, a character is wrong",
                      reader->rule->fields[last].name, found);
}

int code_parse_prefix(const struct code_rule *rule, const char *text, size_t len,
                      struct code *out_code, struct err_at *at)
{
    struct reader reader = {.rule = rule, .text = text, .len = len, .code = out_code, .at = at};
    *out_code = (struct code){0};
    do {
        int err = read_part(&reader);
        if (err) {
            return err;
        }
    } while (reader.pos < len && out_code->part_count < rule->field_count);
    if (reader.pos < len) {
        return fail(&reader, &rule->fields[rule->field_count - 1], "the end of the code");
    }
    return out_code->part_count == rule->field_count ? check_character(&reader) : 0;
}

/* A prefix that must have count fields. */
static int parse_fields(const struct code_rule *rule, const char *text, size_t len, unsigned count,
                        struct code *out_code, struct err_at *at)
{
    int err = code_parse_prefix(rule, text, len, out_code, at);
    if (!err && out_code->part_count != count) {
        unsigned missing = out_code->part_count < count ? out_code->part_count : count;
        err = err_at_set(at, ERR_CODE_FIELD, 0, (unsigned)len + 1, "%s: %s",
                         rule->fields[missing].name,
                         out_code->part_count < count ? "missing" : "not expected here");
    }
    return err;
}

int code_parse(const struct code_rule *rule, const char *text, size_t len, struct code *out_code,
               struct err_at *at)
{
    return parse_fields(rule, text, len, rule->field_count, out_code, at);
}

int code_complete(const struct code_rule *rule, const char *text, size_t len, struct code *out_code,
                  struct err_at *at)
{
    unsigned last = rule->field_count - 1u;
    int err = parse_fields(rule, text, len, last, out_code, at);
    if (err) {
        return err;
    }
    char check = code_check_character(out_code->text, out_code->len);
    append(out_code, &rule->fields[last].mark, 1);
    out_code->part[last].at = out_code->len;
    out_code->part[last].len = 1;
    out_code->part_count++;
    append(out_code, &check, 1);
    return 0;
}

/* Labels from the right that the fields of a code fill; *out_fields counts their fields. */
static unsigned count_labels(const struct code_rule *rule, const struct code *code,
                             unsigned *out_fields)
{
    unsigned labels = 0;
    *out_fields = 0;
    for (unsigned i = rule->label_count; i-- > 0; labels++) {
        const struct code_rule_label *label = &rule->labels[i];
        for (unsigned k = 0; k < label->count; k++) {
            if (label->fields[k] >= code->part_count) {
                return labels;
            }
        }
        *out_fields += label->count;
    }
    return labels;
}

int code_to_name(const struct code_rule *rule, const struct code *code, const uint8_t *base,
                 uint8_t *out_name, size_t *out_len)
{
    uint8_t left[DNS_NAME_MAX];
    struct wr wr = wr_make(left, sizeof left);
    unsigned fields;
    unsigned labels = count_labels(rule, code, &fields);
    if (fields != code->part_count) {
        return ERR_CODE_FIELD;
    }
    for (unsigned i = rule->label_count - labels; i < rule->label_count; i++) {
        const struct code_rule_label *label = &rule->labels[i];
        uint8_t *length = wr_take(&wr, 1);
        for (unsigned k = 0; k < label->count; k++) {
            unsigned field = label->fields[k];
            wr_bytes(&wr, "-", k > 0);
            wr_bytes(&wr, code->text + code->part[field].at, code->part[field].len);
        }
        if (wr.err) {
            return ERR_NAME_LONG;
        }
        *length = (uint8_t)(wr.pos - length - 1);
    }
    return dns_name_join(left, wr_len(&wr), base, out_name, out_len);
}

/* The text of each field of a code, as it stands in a name. */
struct pieces {
    struct {
        const char *text;
        size_t len;
    } of[CODE_RULE_FIELDS_MAX];
};

/* Cut a label into its fields at hyphens; too few leave empty ones, more stay in the last. */
static void cut_label(const struct code_rule_label *rule, const uint8_t *label, struct pieces *out)
{
    const char *pos = (const char *)label + 1;
    const char *end = pos + label[0];
    for (unsigned k = 0; k < rule->count; k++) {
        bool is_last = k + 1 == rule->count;
        const char *hyphen = is_last ? NULL : memchr(pos, '-', (size_t)(end - pos));
        const char *stop = hyphen ? hyphen : end;
        out->of[rule->fields[k]].text = pos;
        out->of[rule->fields[k]].len = (size_t)(stop - pos);
        pos = hyphen ? hyphen + 1 : end;
    }
}

int code_from_name(const struct code_rule *rule, const uint8_t *name, const uint8_t *base,
                   struct code *out_code, struct err_at *at)
{
    if (!dns_name_is_in(name, base)) {
        return err_at_set(at, ERR_OUT_OF_ZONE, 0, 0, "the name is not below the codes' name");
    }
    unsigned labels = dns_name_labels(name) - dns_name_labels(base);
    if (labels != rule->label_count) {
        return err_at_set(at, ERR_CODE_FIELD, 0, 0, "expected %u labels, found %u",
                          rule->label_count, labels);
    }
    struct pieces pieces = {0};
    for (unsigned i = 0; i < labels; i++) {
        cut_label(&rule->labels[i], dns_name_up(name, i), &pieces);
    }
    char text[DNS_NAME_MAX + CODE_RULE_FIELDS_MAX];
    struct wr wr = wr_make(text, sizeof text);
    for (unsigned i = 0; i < rule->field_count; i++) {
        wr_bytes(&wr, &rule->fields[i].mark, i > 0);
        wr_bytes(&wr, pieces.of[i].text, pieces.of[i].len);
    }
    return wr.err ? wr.err : code_parse(rule, text, wr_len(&wr), out_code, at);
}
