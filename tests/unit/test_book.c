#include "sched/choose/book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void names_are_found_whole(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "ab", "abc", "b"};
    struct book *book = book_create(COUNT(names), COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++) {
        memcpy(book->policies[i].name, names[i], strlen(names[i]));
        memcpy(book->groups[i].name, names[i], strlen(names[i]));
    }
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_ptr_equal(book_find(book, names[i], strlen(names[i])), &book->policies[i]);
        assert_ptr_equal(book_find_group(book, names[i], strlen(names[i])), &book->groups[i]);
    }
    assert_ptr_equal(book_find(book, "abx", 2), &book->policies[1]); /* of the length given */
    assert_null(book_find(book, "abcd", 4));
    assert_null(book_find(book, "ac", 2));
    assert_null(book_find(book, "", 0));
    assert_null(book_find_group(book, "bb", 2));
    book_unref(book);
}

static void a_book_without_entries_has_none(void **state)
{
    (void)state;
    char name[100];
    struct book *book = book_create(0, 0);
    memset(name, 'a', sizeof name);
    assert_null(book_find(book, name, sizeof name));
    assert_null(book_find_group(book, "a", 1));
    assert_null(book_find(NULL, "a", 1));
    assert_null(book_find_group(NULL, "a", 1));
    book_unref(book);
}

static void the_last_one_frees(void **state)
{
    (void)state;
    struct book *book = book_create(1, 1);
    assert_ptr_equal(book_ref(book), book);
    book_unref(book);
    assert_null(book_find(book, "a", 1));
    book_unref(book);
    assert_null(book_ref(NULL));
    book_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_whole),
        cmocka_unit_test(a_book_without_entries_has_none),
        cmocka_unit_test(the_last_one_frees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
