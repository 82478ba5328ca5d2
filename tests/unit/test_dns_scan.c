#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/guard.h"
#include "zones/dns_scan.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* All tokens of a text in one line: W(word) Q(quoted) B(blank) E(end) F(eof) X(error), each with line:column. */
static void print_tokens(const char *text, size_t len, struct err_at *at, char *out, size_t size)
{
    const char *copy = guard_copy(text, len);
    struct dns_scan scan;
    size_t used = 0;
    dns_scan_init(&scan, copy, len, at);
    for (;;) {
        struct dns_token token = dns_scan_next(&scan);
        char kind = "WQBEFX"[token.kind];
        used += (size_t)snprintf(out + used, size - used, used > 0 ? " %c" : "%c", kind);
        if (kind == 'F' || kind == 'X') {
            break;
        }
        if (kind == 'W' || kind == 'Q') {
            used += (size_t)snprintf(out + used, size - used, "(%.*s)", (int)token.len, token.text);
        }
        used += (size_t)snprintf(out + used, size - used, "%u:%u", token.line, token.column);
    }
    guard_free(copy);
}

static void texts_are_cut_into_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text, *tokens;
    } rows[] = {
        {"nothing", "", "F"},
        {"one word, no newline", "a", "W(a)1:1 E1:2 F"},
        {"words and newline", "a  bc\td\n", "W(a)1:1 W(bc)1:4 W(d)1:7 E1:8 F"},
        {"owner left out", "a\n b\n", "W(a)1:1 E1:2 B2:1 W(b)2:2 E2:3 F"},
        {"owner left out by a tab", "\tb", "B1:1 W(b)1:2 E1:3 F"},
        {"blank lines are no records", "\n  \n\t; x\n;y\na\n", "W(a)5:1 E5:2 F"},
        {"blanks at the end", "a \n  ", "W(a)1:1 E1:3 F"},
        {"comment ends a record", "a ;b \"(\nc", "W(a)1:1 E1:8 W(c)2:1 E2:2 F"},
        {"comment right behind a word", "a;b", "W(a)1:1 E1:4 F"},
        {"CRLF", "a\r\n\r\nb ;c\r\n", "W(a)1:1 E1:2 W(b)3:1 E3:5 F"},
        {"parentheses go over lines", "a (b\n c ;)\n)d\n",
         "W(a)1:1 W(b)1:4 W(c)2:2 W(d)3:2 E3:3 F"},
        {"parentheses nest", "a((b)\n)c\nd", "W(a)1:1 W(b)1:4 W(c)2:2 E2:3 W(d)3:1 E3:2 F"},
        {"parenthesis at the start", "(a\n b)\nc", "W(a)1:2 W(b)2:2 E2:4 W(c)3:1 E3:2 F"},
        {"blank before a parenthesis", " (a\n)b", "B1:1 W(a)1:3 W(b)2:2 E2:3 F"},
        {"only parentheses", "(\n)\nx", "E2:2 W(x)3:1 E3:2 F"},
        {"quoted", "\"a b\" \"\"", "Q(a b)1:1 Q()1:7 E1:9 F"},
        {"quoted hides everything", "\"(;)\\\"\" x", "Q((;)\\\")1:1 W(x)1:9 E1:10 F"},
        {"quoted texts side by side", "\"a\"\"b\"c", "Q(a)1:1 Q(b)1:4 W(c)1:7 E1:8 F"},
        {"escapes hide what words end at", "a\\ b\\;c\\(\\\"d\\\\ e",
         "W(a\\ b\\;c\\(\\\"d\\\\)1:1 W(e)1:16 E1:17 F"},
        {"escape at the start", "\\(a", "W(\\(a)1:1 E1:4 F"},
        {"quoted value", "k=\"a b\" l=\"\\\"\";x", "W(k=\"a b\")1:1 W(l=\"\\\"\")1:9 E1:17 F"},
        {"quoted value before a parenthesis", "(k=\"a\")", "W(k=\"a\")1:2 E1:8 F"},
        {"high octets are plain", "\303\251\377", "W(\303\251\377)1:1 E1:4 F"},
        {"control octets are plain", "a\1b\177", "W(a\1b\177)1:1 E1:5 F"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char tokens[500];
        struct err_at at = {.text = ""};
        print_tokens(rows[i].text, strlen(rows[i].text), &at, tokens, sizeof tokens);
        print_message("%s\n", rows[i].label);
        assert_string_equal(tokens, rows[i].tokens);
    }
}

static void errors_have_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        size_t len;
        unsigned line, column;
        const char *message;
    } rows[] = {
#define TEXT(text) text, sizeof(text) - 1
        {"quote open at the end", TEXT("a \"b"), 1, 3, "quoted text is not closed on its line"},
        {"quote open at the line's end", TEXT("a\nb \"c\nd\""), 2, 3,
         "quoted text is not closed on its line"},
        {"quote closed behind CR", TEXT("\"a\r\n\""), 1, 1,
         "quoted text is not closed on its line"},
        {"escaped newline in quotes", TEXT("\"a\\\nb\""), 1, 1,
         "quoted text is not closed on its line"},
        {"backslash last in quotes", TEXT("\"a\\"), 1, 1, "quoted text is not closed on its line"},
        {"backslash last", TEXT("ab\\"), 1, 3, "backslash at the end of a line"},
        {"escaped newline", TEXT("ab\\\nc"), 1, 3, "backslash at the end of a line"},
        {"escaped CRLF", TEXT("ab\\\r\nc"), 1, 3, "backslash at the end of a line"},
        {"quote in a word", TEXT("ab\"c\""), 1, 3,
         "quote inside a word: write \\\", or put all of it in quotes"},
        {"open quoted value", TEXT("k=\"a"), 1, 3, "quoted text is not closed on its line"},
        {"text behind a quoted value", TEXT("k=\"a\"b"), 1, 6, "text right behind a closing quote"},
        {"quote behind a quoted value", TEXT("k=\"a\"\"b\""), 1, 6,
         "text right behind a closing quote"},
        {"lone CR", TEXT("a\rb"), 1, 2, "carriage return without line feed"},
        {"CR last", TEXT("a\r"), 1, 2, "carriage return without line feed"},
        {"CR at the start", TEXT("a\n\r"), 2, 1, "carriage return without line feed"},
        {"closing parenthesis", TEXT("a\n)"), 2, 1, "closing parenthesis without an opening one"},
        {"open parenthesis", TEXT("a (b (c)\n\nd"), 1, 3, "parenthesis is not closed"},
        {"zero in a word", TEXT("a\0b"), 1, 2, "octet 0 in the text"},
        {"zero first", TEXT("\0"), 1, 1, "octet 0 in the text"},
        {"zero in quotes", TEXT("\"a\0\""), 1, 3, "octet 0 in the text"},
        {"escaped zero", TEXT("a\\\0b"), 1, 2, "backslash at the end of a line"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char tokens[500];
        struct err_at at = {.text = ""};
        print_tokens(rows[i].text, rows[i].len, &at, tokens, sizeof tokens);
        print_message("%s\n", rows[i].label);
        assert_int_equal(tokens[strlen(tokens) - 1], 'X');
        assert_string_equal(at.text, rows[i].message);
        assert_int_equal(at.line, rows[i].line);
        assert_int_equal(at.column, rows[i].column);
    }
}

static void after_an_error_every_call_fails(void **state)
{
    (void)state;
    struct err_at at = {.text = ""};
    struct dns_scan scan;
    struct dns_token token;
    dns_scan_init(&scan, ")a b", 4, &at);
    assert_int_equal(dns_scan_next(&scan).kind, DNS_SCAN_ERROR);
    assert_int_equal(dns_scan_next(&scan).kind, DNS_SCAN_ERROR);
    assert_false(dns_scan_value(&scan, "a thing", &token));
    assert_int_equal(scan.err, ERR_SYNTAX);
    assert_int_equal(dns_scan_fail(&scan, ERR_VALUE, &token, "another"), ERR_SYNTAX);
    assert_string_equal(at.text, "closing parenthesis without an opening one");
}

static void the_place_of_an_error_may_be_left_out(void **state)
{
    (void)state;
    struct dns_scan scan;
    dns_scan_init(&scan, ")", 1, NULL);
    assert_int_equal(dns_scan_next(&scan).kind, DNS_SCAN_ERROR);
    assert_int_equal(scan.err, ERR_SYNTAX);
}

static void recovering_goes_on_at_the_next_record(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text, *next;
    } rows[] = {
        {"next line", "a )b\nc", "c"},
        {"within parentheses", "a ( b \"c\n d )\ne", "e"},
        {"parentheses in a comment do not count", ") ;(\nb", "b"},
        {"parentheses in quotes do not count", ") \"(\"\nb", "b"},
        {"escaped parentheses do not count", ") \\(\nb", "b"},
        {"parentheses that open behind the error", ") ( x\n y )\nb", "b"},
        {"an open quote ends with its line", "\"(\nb", "b"},
        {"a lone CR", "b\ra\nc", "c"},
        {"a lone CR at the start", "\ra\nc", "c"},
        {"nothing follows", "a )", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t len = strlen(rows[i].text);
        const char *copy = guard_copy(rows[i].text, len);
        struct dns_scan scan;
        dns_scan_init(&scan, copy, len, NULL);
        struct dns_token token = dns_scan_next(&scan);
        while (token.kind != DNS_SCAN_ERROR && token.kind != DNS_SCAN_EOF) {
            token = dns_scan_next(&scan);
        }
        dns_scan_recover(&scan);
        assert_int_equal(scan.err, 0);
        token = dns_scan_next(&scan);
        print_message("%s\n", rows[i].label);
        assert_int_equal(token.kind, rows[i].next[0] ? DNS_SCAN_WORD : DNS_SCAN_EOF);
        assert_int_equal(token.len, strlen(rows[i].next));
        guard_free(copy);
    }
}

static void recovering_at_the_end_of_a_record_loses_nothing(void **state)
{
    (void)state;
    struct dns_scan scan;
    struct dns_token token;
    dns_scan_init(&scan, "a\nb\n", 4, NULL);
    dns_scan_next(&scan);
    assert_false(dns_scan_value(&scan, "more", &token)); /* END came */
    dns_scan_recover(&scan);
    token = dns_scan_next(&scan);
    assert_int_equal(token.kind, DNS_SCAN_WORD);
    assert_int_equal(token.line, 2);
}

static void an_open_parenthesis_is_told_once_after_another_error(void **state)
{
    (void)state;
    struct err_at at = {.text = ""};
    struct dns_scan scan;
    const char text[] = "a ( b\"\nc d\n";
    dns_scan_init(&scan, text, sizeof text - 1, &at);
    while (dns_scan_next(&scan).kind != DNS_SCAN_ERROR) {
    }
    assert_string_equal(at.text, "quote inside a word: write \\\", or put all of it in quotes");
    dns_scan_recover(&scan);
    assert_int_equal(dns_scan_next(&scan).kind, DNS_SCAN_ERROR);
    assert_string_equal(at.text, "parenthesis is not closed");
    assert_int_equal(at.line, 1);
    assert_int_equal(at.column, 3);
    dns_scan_recover(&scan);
    assert_int_equal(dns_scan_next(&scan).kind, DNS_SCAN_EOF);
}

static void a_token_can_be_given_again(void **state)
{
    (void)state;
    struct dns_scan scan;
    dns_scan_init(&scan, "a \"b\"", 5, NULL);
    dns_scan_next(&scan);
    for (int i = 0; i < 2; i++) {
        struct dns_token token = dns_scan_next(&scan);
        assert_int_equal(token.kind, DNS_SCAN_QUOTED);
        assert_int_equal(token.column, 3);
        if (i == 0) {
            dns_scan_push(&scan);
        }
    }
    assert_int_equal(dns_scan_next(&scan).kind, DNS_SCAN_END);
}

static void messages_show_what_was_found(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text, *message;
    } rows[] = {
        {"word", "x", "expected a thing, found 'x'"},
        {"quoted", "\"x y\"", "expected a thing, found quoted 'x y'"},
        {"end", "( )\n", "expected a thing, found the end of the record"},
        {"blank", " a", "expected a thing, found a blank"},
        {"eof", "", "expected a thing, found the end of the text"},
        {"control octets and UTF-8", "\33[1m\303\251",
         "expected a thing, found '\\027[1m\\195\\169'"},
        {"long", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddX",
         "expected a thing, found 'aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd...'"},
        {"just not long", "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd",
         "expected a thing, found 'aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd'"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err_at at = {.text = ""};
        struct dns_scan scan;
        dns_scan_init(&scan, rows[i].text, strlen(rows[i].text), &at);
        struct dns_token token = dns_scan_next(&scan);
        assert_int_equal(dns_scan_expected(&scan, ERR_VALUE, &token, "a thing"), ERR_VALUE);
        print_message("%s\n", rows[i].label);
        assert_string_equal(at.text, rows[i].message);
        assert_int_equal(scan.err, ERR_VALUE);
    }
}

static void messages_hold_printable_octets_only(void **state)
{
    (void)state;
    struct err_at at = {.text = ""};
    struct dns_scan scan;
    dns_scan_init(&scan, "a", 1, &at);
    struct dns_token token = dns_scan_next(&scan);
    dns_scan_fail(&scan, ERR_VALUE, &token, "%s", "a\33b\nc\303\251~");
    assert_string_equal(at.text, "a?b?c??~");
}

static void escapes_are_resolved(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        int err;
        const char *octets;
        size_t len;
    } rows[] = {
        {"plain", "abc", 0, "abc", 3},
        {"nothing", "", 0, "", 0},
        {"letters", "\\a\\\"\\\\", 0, "a\"\\", 3},
        {"numbers", "\\000\\065\\255x", 0, "\0A\377x", 4},
        {"over 255", "\\256", ERR_SYNTAX, "", 0},
        {"two digits", "\\12", ERR_SYNTAX, "", 0},
        {"two digits and a letter", "\\12a", ERR_SYNTAX, "", 0},
        {"one digit", "\\1", ERR_SYNTAX, "", 0},
        {"backslash last", "a\\", ERR_SYNTAX, "", 0},
        {"just fits", "12345678", 0, "12345678", 8},
        {"too long", "123456789", ERR_SPACE, "", 0},
        {"escapes fit by their octets", "\\049\\050\\051\\052\\053\\054\\055\\056", 0, "12345678",
         8},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t out[8];
        size_t len = 0;
        const char *copy = guard_copy(rows[i].text, strlen(rows[i].text));
        print_message("%s\n", rows[i].label);
        assert_int_equal(dns_scan_unescape(copy, strlen(rows[i].text), out, sizeof out, &len),
                         rows[i].err);
        assert_int_equal(len, rows[i].len);
        assert_memory_equal(out, rows[i].octets, len);
        guard_free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_cut_into_tokens),
        cmocka_unit_test(errors_have_line_and_column),
        cmocka_unit_test(after_an_error_every_call_fails),
        cmocka_unit_test(the_place_of_an_error_may_be_left_out),
        cmocka_unit_test(recovering_goes_on_at_the_next_record),
        cmocka_unit_test(recovering_at_the_end_of_a_record_loses_nothing),
        cmocka_unit_test(an_open_parenthesis_is_told_once_after_another_error),
        cmocka_unit_test(a_token_can_be_given_again),
        cmocka_unit_test(messages_show_what_was_found),
        cmocka_unit_test(messages_hold_printable_octets_only),
        cmocka_unit_test(escapes_are_resolved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
