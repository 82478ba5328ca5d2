#include "sched/choose/book.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct book *book_create(size_t policies, size_t groups)
{
    struct book *book = mem_alloc(sizeof *book);
    *book = (struct book){
        .refs = 1,
        .policies = mem_alloc(policies * sizeof *book->policies),
        .policy_count = policies,
        .groups = mem_alloc(groups * sizeof *book->groups),
        .group_count = groups,
    };
    return book;
}

struct book *book_ref(struct book *book)
{
    if (book) {
        __atomic_fetch_add(&book->refs, 1, __ATOMIC_RELAXED);
    }
    return book;
}

void book_unref(struct book *book)
{
    if (!book || __atomic_sub_fetch(&book->refs, 1, __ATOMIC_ACQ_REL) > 0) {
        return;
    }
    mem_free(book->policies);
    mem_free(book->groups);
    mem_free(book);
}

/* A name that is looked for. */
struct wanted {
    const char *name;
    size_t len;
};

/* Entries begin with their name. */
static int compare(const void *key, const void *entry)
{
    const struct wanted *wanted = key;
    const char *name = entry;
    int order = strncmp(wanted->name, name, wanted->len);
    return order != 0 ? order : name[wanted->len] ? -1 : 0;
}

const struct book_policy *book_find(const struct book *book, const char *name, size_t len)
{
    const struct wanted wanted = {name, len};
    if (!book || len == 0 || len > BOOK_NAME_MAX) {
        return NULL;
    }
    return bsearch(&wanted, book->policies, book->policy_count, sizeof *book->policies, compare);
}

const struct book_group *book_find_group(const struct book *book, const char *name, size_t len)
{
    const struct wanted wanted = {name, len};
    if (!book || len == 0 || len > BOOK_NAME_MAX) {
        return NULL;
    }
    return bsearch(&wanted, book->groups, book->group_count, sizeof *book->groups, compare);
}
