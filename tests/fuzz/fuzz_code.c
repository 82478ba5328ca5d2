/* Door: identifier codes. The first octet chooses what the rest is: a rule file, a code (whole,
 * without its check character, leading fields) or a domain name below the codes' name. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "zones/code.h"
#include "zones/dns_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t base[] = "\2id\7compute\3gba";
static struct code_rule rule;

static void read_default_rule(void)
{
    size_t len;
    const char *text = code_rule_default(&len);
    CHECK(code_rule_parse(text, len, &rule, NULL) == 0);
}

/* A whole code is canonical, has a name, and comes back from it. */
static void check_code(const struct code *code)
{
    struct code again;
    uint8_t name[DNS_NAME_MAX];
    size_t len;
    CHECK(code_parse(&rule, code->text, code->len, &again, NULL) == 0);
    CHECK(memcmp(&again, code, sizeof again) == 0);
    if (code_to_name(&rule, code, base, name, &len) == 0) {
        CHECK(dns_name_measure(name, len) == len);
        CHECK(code_from_name(&rule, name, base, &again, NULL) == 0);
        CHECK(memcmp(&again, code, sizeof again) == 0);
    }
}

static void check_name(const uint8_t *data, size_t size)
{
    uint8_t name[DNS_NAME_MAX];
    size_t len;
    struct code code;
    struct err_at at = {0};
    uint8_t left[DNS_NAME_MAX + 1] = {0};
    if (size > DNS_NAME_MAX) {
        return;
    }
    memcpy(left, data, size);
    size_t left_len = dns_name_measure(left, size + 1);
    if (left_len == 0 || dns_name_join(left, left_len - 1, base, name, &len)) {
        return;
    }
    if (code_from_name(&rule, name, base, &code, &at) == 0) {
        check_code(&code);
    } else {
        CHECK(at.text[0]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct code code;
    struct err_at at = {0};
    if (size == 0) {
        return 0;
    }
    const char *text = (const char *)data + 1;
    size_t len = size - 1;
    read_default_rule();
    switch (data[0] % 5) {
    case 0:
        CHECK(code_rule_parse(text, len, &rule, &at) == 0 || at.text[0]);
        break;
    case 1:
        if (code_parse(&rule, text, len, &code, &at) == 0) {
            check_code(&code);
        }
        break;
    case 2:
        if (code_complete(&rule, text, len, &code, &at) == 0) {
            check_code(&code);
        }
        break;
    case 3:
        (void)code_parse_prefix(&rule, text, len, &code, &at);
        break;
    default: /* 4 */
        check_name(data + 1, len);
        break;
    }
    return 0;
}
