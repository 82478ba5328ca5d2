#include "zones/code_rule.h"

#include <string.h>

#include "zones/dns_name.h"

/* The default rule is the file itself, put here by the assembler: one truth, no second copy. */
__asm__(".pushsection .rodata\n"
        "code_rule_text:\n"
        ".incbin \"zones/code.rule\"\n"
        ".byte 0\n"
        ".popsection\n");
extern const char code_rule_text[] __attribute__((visibility("hidden")));

/* The rule file as it is read. */
struct reader {
    const char *pos; /* in the present line */
    const char *end; /* of the present line, comment left out */
    const char *line_start;
    unsigned line;
    struct code_rule *rule;
    bool has_check;
    char mark; /* read, waits for its field; 0 = none */
    struct err_at *at;
};

struct word {
    const char *text;
    size_t len; /* 0 = the line has no more words */
};

int code_rule_value(char character)
{
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    char lower = (char)(character | 0x20);
    return lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : -1;
}

static int fail(struct reader *reader, int err, const char *where, const char *expected)
{
    return err_at_set(reader->at, err, reader->line, (unsigned)(where - reader->line_start) + 1,
                      "expected %s", expected);
}

static struct word next_word(struct reader *reader)
{
    while (reader->pos < reader->end && (*reader->pos == ' ' || *reader->pos == '\t')) {
        reader->pos++;
    }
    struct word word = {reader->pos, 0};
    while (reader->pos < reader->end && *reader->pos != ' ' && *reader->pos != '\t') {
        reader->pos++;
        word.len++;
    }
    return word;
}

static bool is_word(struct word word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.text, text, word.len) == 0;
}

/* Copy the next word as a name: letters, digits, hyphens. */
static int read_name(struct reader *reader, const char *expected, char *out)
{
    struct word word = next_word(reader);
    bool good = word.len > 0 && word.len <= CODE_RULE_NAME_MAX;
    for (size_t i = 0; good && i < word.len; i++) {
        good = code_rule_value(word.text[i]) >= 0 || word.text[i] == '-';
    }
    if (!good) {
        return fail(reader, ERR_SYNTAX, word.text, expected);
    }
    memcpy(out, word.text, word.len);
    out[word.len] = '\0';
    return 0;
}

static struct code_rule_field *last_field(struct reader *reader)
{
    struct code_rule *rule = reader->rule;
    return rule->field_count > 0 ? &rule->fields[rule->field_count - 1] : NULL;
}

/* Begin a field with its name and the mark before it. */
static int add_field(struct reader *reader)
{
    struct code_rule *rule = reader->rule;
    if (rule->field_count == CODE_RULE_FIELDS_MAX) {
        return fail(reader, ERR_LIMIT, reader->line_start, "at most 12 fields");
    }
    if (reader->has_check || (rule->field_count > 0 && !reader->mark)) {
        return fail(reader, ERR_SYNTAX, reader->line_start,
                    reader->has_check ? "nothing behind the check character"
                                      : "a mark before this field");
    }
    struct code_rule_field *field = &rule->fields[rule->field_count];
    int err = read_name(reader, "the name of a field", field->name);
    if (err) {
        return err;
    }
    if (strchr(field->name, '-')) { /* labels join names by hyphens */
        return fail(reader, ERR_SYNTAX, reader->line_start, "a field name without a hyphen");
    }
    for (unsigned i = 0; i < rule->field_count; i++) {
        if (strcmp(rule->fields[i].name, field->name) == 0) {
            return fail(reader, ERR_SYNTAX, reader->line_start, "another name: this one is taken");
        }
    }
    field->mark = reader->mark;
    reader->mark = 0;
    rule->field_count++;
    return 0;
}

/* N or N-M, 1 to 63. */
static bool read_length(struct word word, struct code_rule_form *form)
{
    unsigned number[2] = {0, 0};
    unsigned which = 0;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.text[i];
        if (c == '-' && which == 0 && i > 0 && i + 1 < word.len) {
            which = 1;
        } else if (c < '0' || c > '9' || number[which] > DNS_LABEL_MAX) {
            return false;
        } else {
            number[which] = number[which] * 10 + (unsigned)(c - '0');
        }
    }
    if (which == 0) {
        number[1] = number[0];
    }
    form->min = (uint8_t)number[0];
    form->max = (uint8_t)number[1];
    return number[0] > 0 && number[0] <= number[1] && number[1] <= DNS_LABEL_MAX;
}

/* Characters and ranges of them: 0-9a-hj. */
static bool read_set(struct word word, struct code_rule_form *form)
{
    form->set = 0;
    for (size_t i = 0; i < word.len; i++) {
        bool is_range = i + 2 < word.len && word.text[i + 1] == '-';
        int first = code_rule_value(word.text[i]);
        int last = code_rule_value(word.text[is_range ? i + 2 : i]);
        if (first < 0 || last < first) {
            return false;
        }
        for (int value = first; value <= last; value++) {
            form->set |= 1ull << value;
        }
        i += is_range ? 2 : 0;
    }
    return word.len > 0;
}

static int add_form(struct reader *reader)
{
    struct code_rule_field *field = last_field(reader);
    if (!field || reader->has_check || reader->mark) {
        return fail(reader, ERR_SYNTAX, reader->line_start, "a field before this");
    }
    if (field->form_count == CODE_RULE_FORMS_MAX) {
        return fail(reader, ERR_LIMIT, reader->line_start, "at most 4 forms of a field");
    }
    struct code_rule_form *form = &field->forms[field->form_count];
    struct word word = next_word(reader);
    if (!read_length(word, form)) {
        return fail(reader, ERR_SYNTAX, word.text, "a length, N or N-M, of 1 to 63");
    }
    word = next_word(reader);
    if (!read_set(word, form)) {
        return fail(reader, ERR_SYNTAX, word.text, "a set of characters such as 0-9a-z");
    }
    field->form_count++;
    return 0;
}

static int add_word(struct reader *reader)
{
    struct code_rule_field *field = last_field(reader);
    if (!field || reader->has_check || reader->mark) {
        return fail(reader, ERR_SYNTAX, reader->line_start, "a field before this");
    }
    if (field->word_count == CODE_RULE_WORDS_MAX) {
        return fail(reader, ERR_LIMIT, reader->line_start, "at most 16 words of a field");
    }
    struct code_rule_word *word = &field->words[field->word_count];
    int err = read_name(reader, "a value", word->value);
    if (!err) {
        err = read_name(reader, "what the value means", word->meaning);
    }
    if (!err) {
        field->word_count++;
    }
    return err;
}

static int read_mark(struct reader *reader)
{
    struct word word = next_word(reader);
    bool good =
        word.len == 1 && *word.text > ' ' && *word.text <= '~' && code_rule_value(*word.text) < 0;
    if (!good || reader->mark || reader->has_check || !last_field(reader)) {
        return fail(reader, ERR_SYNTAX, word.text,
                    good ? "a mark only between two fields" : "one character, no letter or digit");
    }
    reader->mark = *word.text;
    return 0;
}

static int add_check(struct reader *reader)
{
    int err = add_field(reader);
    if (err) {
        return err;
    }
    struct word word = next_word(reader);
    if (!is_word(word, "iso7064-mod37-36")) {
        return fail(reader, ERR_SYNTAX, word.text, "iso7064-mod37-36");
    }
    struct code_rule_field *field = last_field(reader);
    field->forms[0] = (struct code_rule_form){1, 1, (1ull << 36) - 1};
    field->form_count = 1;
    reader->has_check = true;
    return 0;
}

static int find_field(const struct code_rule *rule, struct word word)
{
    for (int i = 0; i < rule->field_count; i++) {
        if (is_word(word, rule->fields[i].name)) {
            return i;
        }
    }
    return -1;
}

/* Octets of the longest text of a field. */
static size_t longest(const struct code_rule_field *field)
{
    size_t max = 0;
    for (unsigned i = 0; i < field->form_count; i++) {
        max = field->forms[i].max > max ? field->forms[i].max : max;
    }
    return max;
}

/* One label: fields joined by hyphens. used has a bit for each field that stands in a label. */
static int add_label(struct reader *reader, struct word word, unsigned *used)
{
    struct code_rule *rule = reader->rule;
    struct code_rule_label *label = &rule->labels[rule->label_count];
    size_t len = 0;
    *label = (struct code_rule_label){0};
    for (const char *pos = word.text, *end = word.text + word.len; pos <= end;) {
        const char *hyphen = memchr(pos, '-', (size_t)(end - pos));
        const char *stop = hyphen ? hyphen : end;
        int field = find_field(rule, (struct word){pos, (size_t)(stop - pos)});
        if (field < 0 || *used >> field & 1) {
            return fail(reader, ERR_SYNTAX, pos, "the name of a field, each one once");
        }
        *used |= 1u << field;
        label->fields[label->count++] = (uint8_t)field;
        len += longest(&rule->fields[field]) + (label->count > 1);
        pos = stop + 1;
    }
    if (len > DNS_LABEL_MAX) {
        return fail(reader, ERR_LIMIT, word.text, "a label of at most 63 characters");
    }
    rule->label_count++;
    return 0;
}

static int read_labels(struct reader *reader)
{
    unsigned used = 0;
    struct code_rule *rule = reader->rule;
    if (rule->label_count > 0 || !reader->has_check) {
        return fail(reader, ERR_SYNTAX, reader->line_start,
                    "labels once, behind the check character");
    }
    for (struct word word; (word = next_word(reader)).len > 0;) {
        int err =
            add_label(reader, word, &used); /* at most one label a field, as each stands once */
        if (err) {
            return err;
        }
    }
    if (used != (1u << rule->field_count) - 1) {
        return fail(reader, ERR_SYNTAX, reader->pos, "every field in a label");
    }
    return 0;
}

static int read_profile(struct reader *reader)
{
    if (reader->rule->profile[0] || reader->rule->field_count > 0) {
        return fail(reader, ERR_SYNTAX, reader->line_start, "the profile once, before the fields");
    }
    return read_name(reader, "the name of the profile", reader->rule->profile);
}

static int read_field(struct reader *reader)
{
    int err = add_field(reader);
    return err ? err : add_form(reader);
}

static const struct {
    const char *name;
    int (*read)(struct reader *reader);
} statements[] = {
    {"profile", read_profile}, {"field", read_field}, {"or", add_form},        {"word", add_word},
    {"mark", read_mark},       {"check", add_check},  {"labels", read_labels},
};

static int read_line(struct reader *reader)
{
    struct word word = next_word(reader);
    if (word.len == 0) {
        return 0;
    }
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        if (!is_word(word, statements[i].name)) {
            continue;
        }
        int err = statements[i].read(reader);
        struct word rest = {0};
        if (!err) {
            rest = next_word(reader);
        }
        return rest.len > 0 ? fail(reader, ERR_SYNTAX, rest.text, "the end of the line") : err;
    }
    return fail(reader, ERR_SYNTAX, word.text, "profile, field, or, word, mark, check or labels");
}

static int check_whole(struct reader *reader)
{
    const struct code_rule *rule = reader->rule;
    size_t len = 0;
    for (unsigned i = 0; i < rule->field_count; i++) {
        len += longest(&rule->fields[i]) + 1;
    }
    if (len > CODE_RULE_TEXT_MAX) {
        return fail(reader, ERR_LIMIT, reader->pos, "codes of at most 128 octets");
    }
    if (!rule->profile[0] || rule->field_count < 2 || rule->label_count == 0) {
        return fail(reader, ERR_SYNTAX, reader->pos,
                    "a profile, fields, a check character and labels");
    }
    return 0;
}

int code_rule_parse(const char *text, size_t len, struct code_rule *out_rule, struct err_at *at)
{
    struct reader reader = {.rule = out_rule, .at = at, .pos = text, .line_start = text};
    const char *end = text + len;
    *out_rule = (struct code_rule){0};
    for (const char *pos = text; pos < end;) {
        const char *line_end = memchr(pos, '\n', (size_t)(end - pos));
        line_end = line_end ? line_end : end;
        const char *comment = memchr(pos, '#', (size_t)(line_end - pos));
        reader.line++;
        reader.line_start = pos;
        reader.pos = pos;
        reader.end = comment ? comment : line_end;
        int err = read_line(&reader);
        if (err) {
            return err;
        }
        pos = line_end + 1;
    }
    return check_whole(&reader);
}

const char *code_rule_default(size_t *out_len)
{
    *out_len = strlen(code_rule_text);
    return code_rule_text;
}
