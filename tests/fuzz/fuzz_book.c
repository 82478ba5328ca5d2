/* Door: the file of policies. Whatever the octets are, the load gives a whole book or an error with a terminated
 * text; a book can be looked up in, and be made anew for another key. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "sched/choose/book_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_policy(const struct book *book, const struct book_policy *policy)
{
    CHECK(book_find(book, policy->name, strlen(policy->name)) == policy);
    CHECK(policy->group_count <= BOOK_GROUPS_MAX && policy->low <= 100 && policy->high <= 100);
    CHECK(policy->most > 0 && !policy->need.policy && policy->need.top == 0);
    for (unsigned i = 0; i < policy->group_count; i++) {
        const struct book_group *group = policy->groups[i];
        CHECK(book_find_group(book, group->name, strlen(group->name)) == group);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct hash_key key = {1, 2}, other = {3, 4};
    struct book *book = NULL;
    struct err_at at;
    int err = book_parse("/fuzz/policies.yaml", (const char *)data, size, &key, &book, &at);
    CHECK((err == 0) == (book != NULL));
    if (err) {
        CHECK(at.text[0] && memchr(at.text, 0, sizeof at.text));
        return 0;
    }
    struct book *again = book_rekey(book, &other);
    for (size_t i = 0; i < book->policy_count; i++) {
        check_policy(book, &book->policies[i]);
        check_policy(again, &again->policies[i]);
        CHECK(strcmp(book->policies[i].need.text, again->policies[i].need.text) == 0);
    }
    book_unref(book);
    book_unref(again);
    return 0;
}
