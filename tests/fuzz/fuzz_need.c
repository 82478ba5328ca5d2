/* Door: requirements. The first octet chooses the form of the rest: a text, or a name in wire form whose labels are
 * read. What is understood has a canonical text that is read as itself; what is not is named in a text that a message
 * can carry. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "sched/choose/need.h"
#include "zones/dns_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct hash_key key = {0x5355414e, 0x59550001};

static void check_text(const struct need *need)
{
    CHECK(need->text_len <= NEED_TEXT_MAX && strlen(need->text) == need->text_len);
    CHECK(need->test_count <= NEED_WORDS_MAX && need->set_count <= NEED_SETS_MAX);
    for (unsigned i = 0; i < need->test_count; i++) {
        const struct need_test *test = &need->tests[i];
        CHECK(test->count > 0 && test->count <= NEED_VALUES_MAX && test->text_len > 0);
        CHECK(test->text_at + test->text_len <= need->text_len);
        CHECK(i == 0 || test[-1].kind <= test->kind);
    }
}

static void check_same(const struct need *need, const struct need *again)
{
    CHECK(strcmp(need->text, again->text) == 0 && need->test_count == again->test_count);
    CHECK(memcmp(need->tests, again->tests, need->test_count * sizeof need->tests[0]) == 0);
    CHECK(memcmp(need->weights, again->weights, sizeof need->weights) == 0);
    CHECK(need->near == again->near && need->on == again->on && need->top == again->top);
    CHECK(need->set_count == again->set_count);
    CHECK(memcmp(need->sets, again->sets, need->set_count * sizeof need->sets[0]) == 0);
}

static void check_error(const struct err_at *at)
{
    CHECK(at->text[0] && memchr(at->text, 0, 151));
    for (const char *p = at->text; *p; p++) {
        CHECK(*p >= ' ' && *p <= '~');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct need need, again;
    struct err_at at = {.text = ""};
    uint8_t name[DNS_NAME_MAX];
    int err;
    if (size == 0) {
        return 0;
    }
    if (data[0] & 1) {
        size_t len = dns_name_measure(data + 1, size - 1);
        if (len == 0) {
            return 0;
        }
        dns_name_lower(data + 1, len, name);
        err = need_parse_name(name, dns_name_labels(name), &key, NULL, &need, &at);
    } else {
        err = need_parse((const char *)data + 1, size - 1, &key, NULL, &need, &at);
    }
    if (err) {
        check_error(&at);
        return 0;
    }
    check_text(&need);
    CHECK(need_parse(need.text, need.text_len, &key, NULL, &again, &at) == 0);
    check_same(&need, &again);
    CHECK(need_add(&again, &need) == 0); /* it holds all of it already */
    check_same(&need, &again);
    return 0;
}
