#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include "tests/lib/guard.h"
#include <ldns/ldns.h>
#include "zones/dns_name.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OCTETS(text) text, sizeof(text) - 1
#define NAME(text)   ((const uint8_t *)(text)) /* the literal's terminator is the root label */
#define HEAD         "............"            /* the header: 12 octets */
#define LABEL63      "\77aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LABEL59      "\73aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LABEL61      "\75aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LABEL62      "\76aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TEXT63       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TEXT61       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define THREE_LABELS LABEL63 LABEL63 LABEL63
#define THREE_TEXTS  TEXT63 "." TEXT63 "." TEXT63 "."

static void names_are_read_from_messages(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        const char *message;
        size_t message_len;
        size_t at;    /* where the name begins */
        size_t after; /* where the message goes on */
        int err;
        const char *name;
        size_t name_len;
    } rows[] = {
        {"root", OCTETS(HEAD "\0"), 12, 13, 0, OCTETS("\0")},
        {"plain, more behind", OCTETS(HEAD "\3wWw\2de\0xyz"), 12, 20, 0, OCTETS("\3wWw\2de\0")},
        {"pointer only", OCTETS(HEAD "\2de\0\300\14"), 16, 18, 0, OCTETS("\2de\0")},
        {"label and pointer", OCTETS(HEAD "\2de\0\1a\300\14!"), 16, 20, 0, OCTETS("\1a\2de\0")},
        {"into the middle of a name", OCTETS(HEAD "\1b\2de\0\1a\300\16"), 18, 22, 0,
         OCTETS("\1a\2de\0")},
        {"pointer to a pointer", OCTETS(HEAD "\2de\0\300\14\300\20"), 18, 20, 0, OCTETS("\2de\0")},
        {"dots, zeros and high octets", OCTETS(HEAD "\4.\0\377A\0"), 12, 18, 0,
         OCTETS("\4.\0\377A\0")},
        {"longest", OCTETS(HEAD THREE_LABELS LABEL61 "\0"), 12, 267, 0,
         OCTETS(THREE_LABELS LABEL61 "\0")},
        {"longest over a pointer", OCTETS(HEAD LABEL61 "\0" THREE_LABELS "\300\14"), 75, 269, 0,
         OCTETS(THREE_LABELS LABEL61 "\0")},
        {"one octet too long", OCTETS(HEAD THREE_LABELS LABEL62 "\0"), 12, 0, ERR_NAME_LONG, "", 0},
        {"too long over a pointer", OCTETS(HEAD LABEL62 "\0" THREE_LABELS "\300\14"), 76, 0,
         ERR_NAME_LONG, "", 0},
        {"label type 01", OCTETS(HEAD "\100aaaa\0"), 12, 0, ERR_LABEL, "", 0},
        {"label type 10", OCTETS(HEAD "\1a\200\0"), 12, 0, ERR_LABEL, "", 0},
        {"nothing there", OCTETS(HEAD), 12, 0, ERR_SHORT, "", 0},
        {"label cut", OCTETS(HEAD "\3ab"), 12, 0, ERR_SHORT, "", 0},
        {"root missing", OCTETS(HEAD "\2ab"), 12, 0, ERR_SHORT, "", 0},
        {"pointer cut", OCTETS(HEAD "\2de\0\300"), 16, 0, ERR_SHORT, "", 0},
        {"pointer to itself", OCTETS(HEAD "\2de\0\300\20"), 16, 0, ERR_POINTER, "", 0},
        {"pointer into its own name", OCTETS(HEAD "\1a\300\14"), 12, 0, ERR_POINTER, "", 0},
        {"pointer forward", OCTETS(HEAD "\300\16\0"), 12, 0, ERR_POINTER, "", 0},
        {"pointer past the end", OCTETS(HEAD "\377\377"), 12, 0, ERR_POINTER, "", 0},
        {"pointer into the header", OCTETS(HEAD "\0\300\13"), 13, 0, ERR_POINTER, "", 0},
        {"two pointers in a circle", OCTETS(HEAD "\1a\300\20\1b\300\14"), 16, 0, ERR_POINTER, "",
         0},
        {"pointer that leads to one going forward", OCTETS(HEAD "\300\16\0\300\14"), 15, 0,
         ERR_POINTER, "", 0},
        {"label that runs over the pointer", OCTETS(HEAD "\3.\0\300\14"), 15, 0, ERR_SHORT, "", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        const uint8_t *message = guard_copy(rows[i].message, rows[i].message_len);
        struct rd rd = rd_make(message, rows[i].message_len);
        rd_take(&rd, rows[i].at);
        uint8_t name[DNS_NAME_MAX];
        size_t len = 4711;
        assert_int_equal(dns_name_read(&rd, name, &len), rows[i].err);
        assert_int_equal(rd.err, rows[i].err);
        if (rows[i].err) {
            assert_int_equal(len, 4711);
            assert_int_equal(rd.pos - message, rows[i].at);
        } else {
            assert_int_equal(rd.pos - message, rows[i].after);
            assert_int_equal(len, rows[i].name_len);
            assert_memory_equal(name, rows[i].name, len);
        }
        guard_free(message);
    }
}

static void a_failed_cursor_reads_no_name(void **state)
{
    (void)state;
    struct rd rd = rd_make("\0", 1);
    rd_fail(&rd, ERR_VALUE);
    uint8_t name[DNS_NAME_MAX];
    size_t len = 4711;
    assert_int_equal(dns_name_read(&rd, name, &len), ERR_VALUE);
    assert_int_equal(len, 4711);
    assert_int_equal(dns_name_skip(&rd), ERR_VALUE);
}

/* Write hops pointers, each to the one before, behind a root label; returns where the last one
 * stands. */
static size_t write_chain(uint8_t *message, size_t hops)
{
    size_t target = 12;
    message[target] = 0;
    size_t at = target + 1;
    for (size_t i = 0; i < hops; i++) {
        message[at] = (uint8_t)(0xc0 | target >> 8);
        message[at + 1] = (uint8_t)target;
        target = at;
        at += 2;
    }
    return target;
}

static void a_name_takes_at_most_127_hops(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        size_t hops;
        int err;
    } rows[] = {
        {"as many as a name has labels", 127, 0},
        {"one more", 128, ERR_POINTER},
        {"as many as pointers can reach", 8000, ERR_POINTER},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        static uint8_t message[16384];
        memset(message, 0, sizeof(message));
        const size_t at = write_chain(message, rows[i].hops);
        struct rd rd = rd_make(message, at + 2);
        rd_take(&rd, at);
        uint8_t name[DNS_NAME_MAX];
        size_t len = 0;
        assert_int_equal(dns_name_read(&rd, name, &len), rows[i].err);
    }
}

static void each_label_of_the_longest_name_may_come_over_its_own_pointer(void **state)
{
    (void)state;
    uint8_t message[12 + 1 + 4 * 127] = {0};
    size_t target = 12;
    size_t at = 13;
    for (unsigned i = 0; i < 127; i++) {
        message[at] = 1;
        message[at + 1] = 'x';
        message[at + 2] = (uint8_t)(0xc0 | target >> 8);
        message[at + 3] = (uint8_t)target;
        target = at;
        at += 4;
    }
    struct rd rd = rd_make(message, at);
    rd_take(&rd, target);
    uint8_t name[DNS_NAME_MAX];
    size_t len = 0;
    assert_int_equal(dns_name_read(&rd, name, &len), 0);
    assert_int_equal(len, DNS_NAME_MAX);
    assert_int_equal(dns_name_labels(name), DNS_LABELS_MAX);
}

static void a_name_may_be_stepped_over_without_its_targets(void **state)
{
    (void)state;
    static const struct {
        const char *label, *data;
        size_t len, after;
        int err;
    } rows[] = {
        {"root", OCTETS("\0!"), 1, 0},
        {"plain", OCTETS("\3www\2de\0!"), 8, 0},
        {"pointer, target not looked at", OCTETS("\3www\377\377!"), 6, 0},
        {"longest", OCTETS(THREE_LABELS LABEL61 "\0"), 255, 0},
        {"too long", OCTETS(THREE_LABELS LABEL62 "\0"), 0, ERR_NAME_LONG},
        {"label type", OCTETS("\1a\100"), 0, ERR_LABEL},
        {"pointer cut", OCTETS("\1a\300"), 0, ERR_SHORT},
        {"label cut", OCTETS("\5abc"), 0, ERR_SHORT},
        {"empty", OCTETS(""), 0, ERR_SHORT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        const uint8_t *data = guard_copy(rows[i].data, rows[i].len);
        struct rd rd = rd_make(data, rows[i].len);
        assert_int_equal(dns_name_skip(&rd), rows[i].err);
        if (!rows[i].err) {
            assert_int_equal(rd.pos - data, rows[i].after);
        }
        guard_free(data);
    }
}

static void only_whole_uncompressed_names_measure(void **state)
{
    (void)state;
    static const struct {
        const char *label, *data;
        size_t len, measure;
    } rows[] = {
        {"root", OCTETS("\0"), 1},
        {"name and more", OCTETS("\2de\0\0"), 4},
        {"longest", OCTETS(THREE_LABELS LABEL61 "\0"), 255},
        {"too long", OCTETS(THREE_LABELS LABEL62 "\0"), 0},
        {"pointer", OCTETS("\2de\300\14"), 0},
        {"other label type", OCTETS("\100\0"), 0},
        {"root missing", OCTETS("\2de"), 0},
        {"label cut", OCTETS("\3de"), 0},
        {"empty", OCTETS(""), 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        const uint8_t *data = guard_copy(rows[i].data, rows[i].len);
        assert_int_equal(dns_name_measure(data, rows[i].len), rows[i].measure);
        if (rows[i].measure > 0) {
            assert_int_equal(dns_name_len(data), rows[i].measure);
        }
        guard_free(data);
    }
}

static void names_are_parsed_from_text(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        const char *origin; /* wire form; NULL: none */
        int err;
        const char *name;
        size_t len;
    } rows[] = {
        {"root", ".", "\2de", 0, OCTETS("\0")},
        {"absolute", "www.De.", "\3com", 0, OCTETS("\3www\2De\0")},
        {"relative", "www", "\2de", 0, OCTETS("\3www\2de\0")},
        {"relative to the root", "a.b", "", 0, OCTETS("\1a\1b\0")},
        {"no origin", "a.b", NULL, 0, OCTETS("\1a\1b\0")},
        {"origin", "@", "\2de", 0, OCTETS("\2de\0")},
        {"origin where there is none", "@", NULL, ERR_SYNTAX, "", 0},
        {"at sign in a longer label", "@x.", NULL, 0, OCTETS("\2@x\0")},
        {"escaped at sign", "\\@", "\2de", 0, OCTETS("\1@\2de\0")},
        {"escaped dot", "a\\.b.", NULL, 0, OCTETS("\3a.b\0")},
        {"escaped dot at the end", "a\\.", "\2de", 0, OCTETS("\2a.\2de\0")},
        {"escaped backslash", "\\\\.", NULL, 0, OCTETS("\1\\\0")},
        {"decimal escapes", "\\000\\255\\046.", NULL, 0, OCTETS("\3\0\377.\0")},
        {"wildcard", "*", "\2de", 0, OCTETS("\1*\2de\0")},
        {"longest label", TEXT63, NULL, 0, OCTETS(LABEL63 "\0")},
        {"longest name", THREE_TEXTS TEXT61 ".", NULL, 0, OCTETS(THREE_LABELS LABEL61 "\0")},
        {"longest name without a dot", THREE_TEXTS TEXT61, NULL, 0,
         OCTETS(THREE_LABELS LABEL61 "\0")},
        {"longest name with its origin", THREE_TEXTS "b", LABEL59, 0,
         OCTETS(THREE_LABELS "\1b" LABEL59 "\0")},
        {"label too long", TEXT63 "a", NULL, ERR_LABEL, "", 0},
        {"name too long", THREE_TEXTS TEXT61 "a.", NULL, ERR_NAME_LONG, "", 0},
        {"name too long by a label", THREE_TEXTS TEXT61 ".a", NULL, ERR_NAME_LONG, "", 0},
        {"name too long by its origin", THREE_TEXTS TEXT61, "\2de", ERR_NAME_LONG, "", 0},
        {"name too long by an octet of its origin", THREE_TEXTS "bb", LABEL59, ERR_NAME_LONG, "",
         0},
        {"empty", "", "\2de", ERR_SYNTAX, "", 0},
        {"empty label at the start", ".a", "\2de", ERR_SYNTAX, "", 0},
        {"empty label inside", "a..b", "\2de", ERR_SYNTAX, "", 0},
        {"empty label at the end", "a..", "\2de", ERR_SYNTAX, "", 0},
        {"two dots", "..", "\2de", ERR_SYNTAX, "", 0},
        {"backslash at the end", "a\\", "\2de", ERR_SYNTAX, "", 0},
        {"escape cut", "\\12", "\2de", ERR_SYNTAX, "", 0},
        {"escape with a letter", "\\12a", "\2de", ERR_SYNTAX, "", 0},
        {"escape above 255", "\\256", "\2de", ERR_SYNTAX, "", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        uint8_t origin[DNS_NAME_MAX] = {0};
        if (rows[i].origin && rows[i].origin[0]) { /* cut to the label's length and ended */
            memcpy(origin, rows[i].origin, 1u + (uint8_t)rows[i].origin[0]);
        }
        const size_t text_len = strlen(rows[i].text);
        const char *text = guard_copy(rows[i].text, text_len);
        uint8_t name[DNS_NAME_MAX];
        size_t len = 4711;
        const int err = dns_name_parse(text, text_len, rows[i].origin ? origin : NULL, name, &len);
        guard_free(text);
        assert_int_equal(err, rows[i].err);
        assert_int_equal(len, err ? 4711 : rows[i].len);
        if (!err) {
            assert_memory_equal(name, rows[i].name, len);
        }
    }
}

static void names_print_with_special_octets_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        const uint8_t *name;
        const char *text;
    } rows[] = {
        {"root", NAME(""), "."},
        {"plain", NAME("\3wWw\2de"), "wWw.de."},
        {"dot in a label", NAME("\3a.b"), "a\\.b."},
        {"what master files give a meaning", NAME("\10\"\\;()@$*"), "\\\"\\\\\\;\\(\\)\\@\\$*."},
        {"blank and control", NAME("\3 \n\177"), "\\032\\010\\127."},
        {"UTF-8", NAME("\3\347\256\227"), "\\231\\174\\151."},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        char text[DNS_NAME_TEXT_MAX];
        assert_int_equal(dns_name_print(rows[i].name, text), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
}

static void names_compare_in_canonical_order(void **state)
{
    (void)state;
    static const uint8_t *const sorted[] = {
        /* RFC 4034 6.1, with the root before and longer labels behind */
        NAME(""),
        NAME("\7example"),
        NAME("\1a\7example"),
        NAME("\10yljkjljk\1a\7example"),
        NAME("\1Z\1a\7example"),
        NAME("\4zABC\1a\7EXAMPLE"),
        NAME("\1z\7example"),
        NAME("\1\1\1z\7example"),
        NAME("\1*\1z\7example"),
        NAME("\1\310\1z\7example"),
        NAME("\10examplea"),
        NAME("\1z"),
        NAME("\1["),
    };
    /* '[' lies between 'Z' and 'a': folding to lower case puts it before 'z'. */
    assert_true(dns_name_compare(sorted[12], sorted[11]) < 0);
    for (size_t i = 0; i < COUNT(sorted) - 1; i++) {
        for (size_t j = 0; j < COUNT(sorted) - 1; j++) {
            const int order = dns_name_compare(sorted[i], sorted[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(dns_name_equal(sorted[i], sorted[j]), i == j);
        }
    }
    assert_int_equal(dns_name_compare(NAME("\3AbC\2dE"), NAME("\3aBc\2De")), 0);
}

static void only_ascii_letters_fold(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 33; len++) { /* words of eight octets and their rests */
        for (unsigned c = 0; c <= UINT8_MAX; c++) {
            uint8_t name[DNS_LABEL_MAX + 2] = {(uint8_t)len};
            memset(name + 1, (int)c, len);
            const bool letter = (c >= 'A' && c <= 'Z');
            uint8_t low[sizeof(name)];
            dns_name_lower(name, len + 2, low);
            assert_int_equal(low[0], len);
            assert_int_equal(low[len + 1], 0);
            for (size_t i = 1; i <= len; i++) {
                assert_int_equal(low[i], letter ? c + 32 : c);
            }
            assert_true(dns_name_equal(name, low));
            name[len] ^= 0x20;
            const bool same = letter || (c >= 'a' && c <= 'z');
            assert_int_equal(dns_name_equal(name, low), same);
            assert_int_equal(dns_name_compare(name, low) == 0, same);
            dns_name_lower(name, len + 2, name);
            assert_int_equal(memcmp(name, low, len + 2) == 0, same);
        }
    }
}

static void a_name_is_in_itself_and_in_its_ancestors(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        const uint8_t *name, *ancestor;
        bool in;
    } rows[] = {
        {"itself, any case", NAME("\1a\2de"), NAME("\1A\2DE"), true},
        {"child", NAME("\1x\1a\2de"), NAME("\1a\2de"), true},
        {"everything in the root", NAME("\1a"), NAME(""), true},
        {"root in the root", NAME(""), NAME(""), true},
        {"parent", NAME("\2de"), NAME("\1a\2de"), false},
        {"same length, other name", NAME("\1b\2de"), NAME("\1a\2de"), false},
        {"same end in octets, other labels", NAME("\4x\2de"), NAME("\2de"), false},
        {"longer label with that end", NAME("\3xde"), NAME("\2de"), false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        assert_int_equal(dns_name_is_in(rows[i].name, rows[i].ancestor), rows[i].in);
    }
    const uint8_t *short_name = guard_copy("\1a", 3);
    assert_false(dns_name_is_in(short_name, NAME("\1a\7example\2de")));
    guard_free(short_name);
}

static void names_are_taken_apart_and_joined(void **state)
{
    (void)state;
    const uint8_t *name = NAME("\3www\7example\2de");
    assert_int_equal(dns_name_labels(name), 3);
    assert_int_equal(dns_name_labels(NAME("")), 0);
    assert_ptr_equal(dns_name_up(name, 0), name);
    assert_true(dns_name_equal(dns_name_up(name, 2), NAME("\2de")));
    assert_true(dns_name_equal(dns_name_up(name, 3), NAME("")));

    uint8_t joined[DNS_NAME_MAX];
    size_t len = 0;
    assert_int_equal(dns_name_join(name, 4, NAME("\3org"), joined, &len), 0);
    assert_int_equal(len, 9);
    assert_memory_equal(joined, "\3www\3org", 9);
    assert_int_equal(dns_name_join(name, 0, NAME(""), joined, &len), 0);
    assert_int_equal(len, 1);

    const uint8_t *three = NAME(THREE_LABELS);
    assert_int_equal(dns_name_join(three, 192, NAME(LABEL61), joined, &len), 0);
    assert_int_equal(len, DNS_NAME_MAX);
    assert_int_equal(dns_name_join(three, 192, NAME(LABEL62), joined, &len), ERR_NAME_LONG);
    assert_int_equal(len, DNS_NAME_MAX);
}

static void equal_suffixes_have_equal_hashes(void **state)
{
    (void)state;
    const struct hash_key key = {11, 22};
    struct dns_labels one;
    struct dns_labels two;
    dns_name_index(&key, NAME("\3www\7example\2de"), &one);
    dns_name_index(&key, NAME("\1x\1y\7example\2de"), &two);
    assert_int_equal(one.count, 3);
    assert_int_equal(one.offset[0], 0);
    assert_int_equal(one.offset[1], 4);
    assert_int_equal(one.offset[2], 12);
    assert_int_equal(one.offset[3], 15);
    assert_true(one.hash[3] == key.k0);
    assert_true(one.hash[2] == hash_mix(&key, key.k0, "\2de", 3));
    assert_true(one.hash[2] == two.hash[3]);
    assert_true(one.hash[1] == two.hash[2]);
    assert_true(one.hash[0] != two.hash[1]);
    /* where labels end counts, not the octets in a row */
    dns_name_index(&key, NAME("\3a\1b"), &one);
    dns_name_index(&key, NAME("\1a\1b"), &two);
    assert_true(one.hash[0] != two.hash[0]);
    dns_name_index(&key, NAME(""), &one);
    assert_int_equal(one.count, 0);
    assert_true(one.hash[0] == key.k0);
}

/* A valid name out of random octets, mostly of a small alphabet so that names meet. */
static size_t make_name(struct rand *source, uint8_t *out)
{
    size_t len = 0;
    const uint64_t labels = rand_u64(source) % 6;
    for (uint64_t i = 0; i < labels; i++) {
        const size_t n = 1 + rand_u64(source) % (rand_u64(source) % 8 ? 3 : DNS_LABEL_MAX);
        if (len + n + 2 > DNS_NAME_MAX) {
            break;
        }
        out[len++] = (uint8_t)n;
        for (size_t k = 0; k < n; k++) {
            const uint64_t bits = rand_u64(source);
            out[len++] = bits & 0x700 ? (uint8_t) "aAbBzZ[.\\0"[bits % 10] : (uint8_t)bits;
        }
    }
    out[len++] = 0;
    return len;
}

static ldns_rdf *as_ldns(const uint8_t *name, size_t len)
{
    return ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, len, name);
}

static void printed_names_are_read_back_by_us_and_by_ldns(void **state)
{
    (void)state;
    struct rand_fake fake;
    rand_fake_init(&fake, 1);
    for (int round = 0; round < 3000; round++) {
        uint8_t name[DNS_NAME_MAX];
        const size_t len = make_name(&fake.rand, name);
        char text[DNS_NAME_TEXT_MAX];
        const size_t text_len = dns_name_print(name, text);

        uint8_t back[DNS_NAME_MAX];
        size_t back_len = 0;
        assert_int_equal(dns_name_parse(text, text_len, NAME("\2de"), back, &back_len), 0);
        assert_int_equal(back_len, len);
        assert_memory_equal(back, name, len);

        ldns_rdf *theirs = ldns_dname_new_frm_str(text);
        assert_non_null(theirs);
        assert_int_equal(ldns_rdf_size(theirs), len);
        assert_memory_equal(ldns_rdf_data(theirs), name, len);
        ldns_rdf_deep_free(theirs);
    }
}

static void what_ldns_prints_we_read(void **state)
{
    (void)state;
    struct rand_fake fake;
    rand_fake_init(&fake, 2);
    for (int round = 0; round < 3000; round++) {
        uint8_t name[DNS_NAME_MAX];
        const size_t len = make_name(&fake.rand, name);
        ldns_rdf *theirs = as_ldns(name, len);
        char *text = ldns_rdf2str(theirs);
        uint8_t back[DNS_NAME_MAX];
        size_t back_len = 0;
        assert_int_equal(dns_name_parse(text, strlen(text), NULL, back, &back_len), 0);
        assert_int_equal(back_len, len);
        assert_memory_equal(back, name, len);
        free(text);
        ldns_rdf_deep_free(theirs);
    }
}

static void order_and_descent_agree_with_ldns(void **state)
{
    (void)state;
    struct rand_fake fake;
    rand_fake_init(&fake, 3);
    for (int round = 0; round < 20000; round++) {
        uint8_t a[DNS_NAME_MAX];
        uint8_t b[DNS_NAME_MAX];
        const size_t a_len = make_name(&fake.rand, a);
        const size_t b_len = make_name(&fake.rand, b);
        ldns_rdf *their_a = as_ldns(a, a_len);
        ldns_rdf *their_b = as_ldns(b, b_len);
        const int theirs = ldns_dname_compare(their_a, their_b);
        const int ours = dns_name_compare(a, b);
        assert_int_equal((ours > 0) - (ours < 0), (theirs > 0) - (theirs < 0));
        assert_int_equal(dns_name_equal(a, b), theirs == 0);
        const bool below = ldns_dname_is_subdomain(their_a, their_b);
        /* ldns does not count a name as below itself */
        assert_int_equal(dns_name_is_in(a, b), below || theirs == 0);
        ldns_rdf_deep_free(their_a);
        ldns_rdf_deep_free(their_b);
    }
}

static void compressed_names_are_read_as_ldns_reads_them(void **state)
{
    (void)state;
    struct rand_fake fake;
    rand_fake_init(&fake, 4);
    unsigned read = 0;
    for (int round = 0; round < 20000; round++) {
        uint8_t message[64] = {0};
        for (size_t i = 12; i < sizeof(message); i++) {
            const uint64_t bits = rand_u64(&fake.rand);
            message[i] = bits & 0x300 ? (uint8_t)(bits % 4) : (uint8_t)(bits % 64);
            if (bits >> 20 & 1 && i + 1 < sizeof(message)) {
                message[i++] = 0xc0;
                message[i] = (uint8_t)(12 + bits % 52);
            }
        }
        for (size_t at = 12; at < sizeof(message); at++) {
            struct rd rd = rd_make(message, sizeof(message));
            rd_take(&rd, at);
            uint8_t name[DNS_NAME_MAX];
            size_t len = 0;
            if (dns_name_read(&rd, name, &len)) {
                continue; /* ldns follows pointers forward and into the header, too: it reads more */
            }
            size_t pos = at;
            ldns_rdf *theirs = NULL;
            assert_int_equal(ldns_wire2dname(&theirs, message, sizeof(message), &pos),
                             LDNS_STATUS_OK);
            assert_int_equal(pos, rd.pos - rd.base);
            assert_int_equal(ldns_rdf_size(theirs), len);
            assert_memory_equal(ldns_rdf_data(theirs), name, len);
            ldns_rdf_deep_free(theirs);
            read++;
        }
    }
    assert_true(read > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read_from_messages),
        cmocka_unit_test(a_failed_cursor_reads_no_name),
        cmocka_unit_test(a_name_takes_at_most_127_hops),
        cmocka_unit_test(each_label_of_the_longest_name_may_come_over_its_own_pointer),
        cmocka_unit_test(a_name_may_be_stepped_over_without_its_targets),
        cmocka_unit_test(only_whole_uncompressed_names_measure),
        cmocka_unit_test(names_are_parsed_from_text),
        cmocka_unit_test(names_print_with_special_octets_escaped),
        cmocka_unit_test(names_compare_in_canonical_order),
        cmocka_unit_test(only_ascii_letters_fold),
        cmocka_unit_test(a_name_is_in_itself_and_in_its_ancestors),
        cmocka_unit_test(names_are_taken_apart_and_joined),
        cmocka_unit_test(equal_suffixes_have_equal_hashes),
        cmocka_unit_test(printed_names_are_read_back_by_us_and_by_ldns),
        cmocka_unit_test(what_ldns_prints_we_read),
        cmocka_unit_test(order_and_descent_agree_with_ldns),
        cmocka_unit_test(compressed_names_are_read_as_ldns_reads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
