#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rand.h"
#include "tests/lib/guard.h"
#include "zones/dns_type.h"
#include "zones/zone_node.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint8_t owner[] = "\3www\1t";

/* One ready record in place. */
static size_t put(uint8_t *out, uint16_t type, uint32_t ttl_s, const char *rdata, size_t len)
{
    zone_node_write_rr(out, type, ttl_s, (const uint8_t *)rdata, len);
    return ZONE_RR_FIXED + len;
}

/* The node with one RRset of one record more; the old one is freed. */
static struct zone_node *with(struct zone_node *node, uint16_t type, const char *rdata, size_t len)
{
    uint8_t ready[600];
    struct zone_node *copy =
        zone_node_with(node, node->version, type, 1, ready, put(ready, type, 300, rdata, len));
    mem_free(node);
    return copy;
}

static struct zone_node *sample(void)
{
    struct zone_node *node = zone_node_create(owner, 7, 1);
    node = with(node, DNS_TYPE_TXT, "\2hi", 3);
    node = with(node, DNS_TYPE_A, "\300\0\2\1", 4);
    return with(node, DNS_TYPE_MX, "\0\12\1m\1t", 7);
}

static void an_empty_node_is_its_owner_alone(void **state)
{
    (void)state;
    struct zone_node *node = zone_node_create(owner, 0x1122334455667788, 9);
    assert_int_equal(node->version, 9);
    assert_int_equal(node->hash, 0x1122334455667788);
    assert_int_equal(node->owner_len, 7);
    assert_int_equal(node->labels, 2);
    assert_memory_equal(node->owner, owner, 7);
    assert_int_equal(node->rrset_count, 0);
    assert_null(node->older);
    assert_null(zone_node_find(node, DNS_TYPE_A));
    assert_false(zone_node_exists(node));
    node->children = 1; /* an empty non-terminal exists */
    assert_true(zone_node_exists(node));
    mem_free(node);
}

static void sets_stand_in_order_of_type_however_they_came(void **state)
{
    (void)state;
    static const uint16_t orders[][4] = {
        {1, 16, 28, 65360}, {65360, 28, 16, 1}, {28, 1, 65360, 16}, {16, 65360, 1, 28}};
    for (size_t i = 0; i < COUNT(orders); i++) {
        struct zone_node *node = zone_node_create(owner, 0, 1);
        for (size_t j = 0; j < 4; j++) {
            uint16_t type = orders[i][j];
            char rdata[2] = {(char)(type >> 8), (char)type};
            node = with(node, type, rdata, j % 3);
        }
        assert_int_equal(node->rrset_count, 4);
        const struct zone_rrset *sets = zone_node_rrsets(node);
        for (size_t j = 0; j < 4; j++) {
            const uint8_t *pos = zone_node_ready(node, &sets[j]), *end = pos + sets[j].size;
            struct zone_rr rr;
            assert_int_equal(sets[j].type, orders[0][j]);
            assert_ptr_equal(zone_node_find(node, orders[0][j]), &sets[j]);
            assert_true(zone_node_next(&pos, end, &rr));
            assert_int_equal(rr.type, sets[j].type);
            assert_true(rr.len < 1 || rr.rdata[0] == sets[j].type >> 8);
            assert_false(zone_node_next(&pos, end, &rr));
        }
        assert_null(zone_node_find(node, 2));
        mem_free(node);
    }
}

static void replacing_a_set_leaves_the_others_octet_by_octet(void **state)
{
    (void)state;
    struct zone_node *node = sample();
    node->children = 5;
    node->older = node;
    uint8_t ready[64];
    size_t len = put(ready, DNS_TYPE_MX, 60, "\0\1\1n\1t", 7);
    len += put(ready + len, DNS_TYPE_MX, 60, "\0\2\1o\1t", 7);
    struct zone_node *copy = zone_node_with(node, 2, DNS_TYPE_MX, 2, ready, len);
    assert_int_equal(copy->version, 2);
    assert_int_equal(copy->children, 5);
    assert_int_equal(copy->hash, 7);
    assert_null(copy->older);
    assert_int_equal(copy->rrset_count, 3);
    const struct zone_rrset *mx = zone_node_find(copy, DNS_TYPE_MX);
    assert_int_equal(mx->count, 2);
    assert_int_equal(mx->size, len);
    assert_memory_equal(zone_node_ready(copy, mx), ready, len);
    static const uint16_t others[] = {DNS_TYPE_A, DNS_TYPE_TXT};
    for (size_t i = 0; i < COUNT(others); i++) {
        const struct zone_rrset *old = zone_node_find(node, others[i]);
        const struct zone_rrset *new = zone_node_find(copy, others[i]);
        assert_int_equal(new->size, old->size);
        assert_int_equal(new->count, old->count);
        assert_memory_equal(zone_node_ready(copy, new), zone_node_ready(node, old), old->size);
    }
    assert_int_equal(copy->size, node->size + ZONE_RR_FIXED + 7);
    mem_free(copy);
    mem_free(node);
}

static void removing_sets_ends_at_an_empty_node(void **state)
{
    (void)state;
    static const uint16_t types[] = {DNS_TYPE_MX, DNS_TYPE_TXT, DNS_TYPE_NS, DNS_TYPE_A};
    static const unsigned left[] = {2, 1, 1, 0}; /* NS was not there */
    struct zone_node *node = sample();
    for (size_t i = 0; i < COUNT(types); i++) {
        struct zone_node *copy = zone_node_with(node, 2, types[i], 0, NULL, 0);
        assert_int_equal(copy->rrset_count, left[i]);
        assert_null(zone_node_find(copy, types[i]));
        mem_free(node);
        node = copy;
    }
    struct zone_node *fresh = zone_node_create(owner, 7, 2);
    assert_int_equal(node->size, fresh->size);
    mem_free(fresh);
    mem_free(node);
}

static void a_copy_with_other_children_is_the_same_but_for_them(void **state)
{
    (void)state;
    struct zone_node *node = sample();
    node->older = node;
    struct zone_node *copy = zone_node_with_children(node, 3, 4);
    assert_int_equal(copy->children, 4);
    assert_int_equal(copy->version, 3);
    assert_null(copy->older);
    assert_int_equal(copy->size, node->size);
    assert_memory_equal((uint8_t *)copy + copy->table, (uint8_t *)node + node->table,
                        node->size - node->table);
    mem_free(copy);
    mem_free(node);
}

static void records_come_out_as_they_went_in(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        uint32_t ttl_s;
        uint16_t len;
    } rows[] = {{1, 0, 4}, {16, 0x7fffffff, 300}, {65535, 1, 0}, {256, 0x01020304, 1}};
    uint8_t ready[400], rdata[300];
    memset(rdata, 'x', sizeof(rdata));
    for (size_t i = 0; i < COUNT(rows); i++) {
        zone_node_write_rr(ready, rows[i].type, rows[i].ttl_s, rdata, rows[i].len);
        assert_memory_equal(ready, "\300\14", 2); /* RFC 1035 4.1.4: the question's name */
        assert_memory_equal(ready + 4, "\0\1", 2);
        const uint8_t *pos = ready;
        struct zone_rr rr;
        assert_true(zone_node_next(&pos, ready + ZONE_RR_FIXED + rows[i].len, &rr));
        assert_int_equal(rr.type, rows[i].type);
        assert_int_equal(rr.ttl_s, rows[i].ttl_s);
        assert_int_equal(rr.len, rows[i].len);
        assert_memory_equal(rr.rdata, rdata, rr.len);
        assert_ptr_equal(pos, ready + ZONE_RR_FIXED + rows[i].len);
    }
}

/* The image of a node in memory that ends at an unmapped page. */
static const uint8_t *image_of(const struct zone_node *node, size_t *out_len)
{
    uint8_t image[4096];
    *out_len = zone_node_image_len(node);
    assert_true(*out_len <= sizeof(image));
    zone_node_image(node, image);
    return guard_copy(image, *out_len);
}

static void an_image_restores_to_the_same_node(void **state)
{
    (void)state;
    struct rand_fake rand;
    rand_fake_init(&rand, 1);
    for (int i = 0; i < 300; i++) {
        struct zone_node *node = zone_node_create(owner, 7, 1);
        uint64_t bits = rand_u64(&rand.rand);
        for (unsigned j = 0; j < bits % 6; j++) {
            static const uint16_t types[] = {DNS_TYPE_TXT, DNS_TYPE_HINFO, 65280, 700, 65534, 99};
            uint8_t ready[200];
            size_t len = 0;
            unsigned count = 1 + (unsigned)(rand_u64(&rand.rand) % 4);
            for (unsigned k = 0; k < count; k++) {
                len += put(ready + len, types[j], (uint32_t)(bits >> 40), "\2ab\1c", 5);
            }
            struct zone_node *copy = zone_node_with(node, 1, types[j], count, ready, len);
            mem_free(node);
            node = copy;
        }
        size_t len;
        const uint8_t *image = image_of(node, &len);
        struct zone_node *again = zone_node_restore(image, len, 7, 1);
        assert_non_null(again);
        assert_int_equal(again->size, node->size);
        assert_memory_equal(again, node, node->size);
        mem_free(again);
        guard_free(image);
        mem_free(node);
    }
}

static void an_image_that_is_cut_restores_to_nothing(void **state)
{
    (void)state;
    struct zone_node *node = sample();
    size_t len;
    const uint8_t *image = image_of(node, &len);
    for (size_t cut = 0; cut < len; cut++) {
        const uint8_t *part = guard_copy(image, cut);
        assert_null(zone_node_restore(part, cut, 7, 1));
        guard_free(part);
    }
    guard_free(image);
    mem_free(node);
}

/* Whatever octets come back as a node give the same octets again: nothing is guessed or lost. */
static void an_image_with_one_other_octet_is_refused_or_whole(void **state)
{
    (void)state;
    struct zone_node *node = sample();
    size_t len;
    const uint8_t *image = image_of(node, &len);
    unsigned refused = 0;
    for (size_t i = 0; i < len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            uint8_t changed[256];
            memcpy(changed, image, len);
            changed[i] ^= (uint8_t)(1u << bit);
            const uint8_t *copy = guard_copy(changed, len);
            struct zone_node *got = zone_node_restore(copy, len, 7, 1);
            refused += got ? 0 : 1;
            if (got) {
                size_t again_len;
                const uint8_t *again = image_of(got, &again_len);
                assert_int_equal(again_len, len);
                assert_memory_equal(again, changed, len);
                guard_free(again);
            }
            guard_free(copy);
            mem_free(got);
        }
    }
    assert_true(refused > len); /* about all of the structure, none of addresses and texts */
    guard_free(image);
    mem_free(node);
}

#define IMAGE(text) text, sizeof(text) - 1
#define A_RECORD    "\300\14\0\1\0\1\0\0\1\54\0\4\300\0\2\1"
#define SOA_RECORD  "\300\14\0\6\0\1\0\0\1\54\0\26\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1"

static const struct {
    const char *label;
    const char *image;
    size_t len;
    bool good;
} images[] = {
    {"one address", IMAGE("\3\1w\0\1\0\1\0\1\0\20" A_RECORD), true},
    {"two addresses", IMAGE("\3\1w\0\1\0\1\0\2\0\40" A_RECORD A_RECORD), true},
    {"no RRset", IMAGE("\3\1w\0\0"), true},
    {"the root as owner", IMAGE("\1\0\0"), true},
    {"nothing", IMAGE(""), false},
    {"no owner", IMAGE("\0\0"), false},
    {"no owner, then a label", IMAGE("\0\1w\0\0"), false},
    {"owner shorter than it says", IMAGE("\4\1w\0\0\0"), false},
    {"owner longer than it says", IMAGE("\2\1w\0\0"), false},
    {"owner with a pointer", IMAGE("\2\300\14\0"), false},
    {"upper case owner", IMAGE("\3\1W\0\0"), false},
    {"an octet too many", IMAGE("\3\1w\0\0\0"), false},
    {"type 0", IMAGE("\3\1w\0\1\0\0\0\1\0\14\300\14\0\0\0\1\0\0\1\54\0\0"), false},
    {"type ANY", IMAGE("\3\1w\0\1\0\377\0\1\0\14\300\14\0\377\0\1\0\0\1\54\0\0"), false},
    {"an RRset of no records", IMAGE("\3\1w\0\1\0\1\0\0\0\0"), false},
    {"fewer records than counted", IMAGE("\3\1w\0\1\0\1\0\2\0\20" A_RECORD), false},
    {"more records than counted", IMAGE("\3\1w\0\1\0\1\0\1\0\40" A_RECORD A_RECORD), false},
    {"the same type twice", IMAGE("\3\1w\0\2\0\1\0\1\0\20" A_RECORD "\0\1\0\1\0\20" A_RECORD),
     false},
    {"a record of another type", IMAGE("\3\1w\0\1\0\2\0\1\0\20" A_RECORD), false},
    {"a record of another owner",
     IMAGE("\3\1w\0\1\0\1\0\1\0\20\300\15\0\1\0\1\0\0\1\54\0\4\300\0\2\1"), false},
    {"a record of another class",
     IMAGE("\3\1w\0\1\0\1\0\1\0\20\300\14\0\1\0\3\0\0\1\54\0\4\300\0\2\1"), false},
    {"a TTL with the top bit",
     IMAGE("\3\1w\0\1\0\1\0\1\0\20\300\14\0\1\0\1\200\0\1\54\0\4\300\0\2\1"), false},
    {"an address of three octets",
     IMAGE("\3\1w\0\1\0\1\0\1\0\17\300\14\0\1\0\1\0\0\1\54\0\3\300\0\2"), false},
    {"a record past its RRset",
     IMAGE("\3\1w\0\1\0\1\0\1\0\20\300\14\0\1\0\1\0\0\1\54\0\5\300\0\2\1"), false},
    {"one SOA", IMAGE("\3\1w\0\1\0\6\0\1\0\42" SOA_RECORD), true},
    {"two SOAs", IMAGE("\3\1w\0\1\0\6\0\2\0\104" SOA_RECORD SOA_RECORD), false},
};

static void images_are_checked_field_by_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(images); i++) {
        const void *copy = guard_copy(images[i].image, images[i].len);
        struct zone_node *node = zone_node_restore(copy, images[i].len, 7, 1);
        if ((node != NULL) != images[i].good) {
            print_message("case: %s\n", images[i].label);
        }
        assert_int_equal(node != NULL, images[i].good);
        mem_free(node);
        guard_free(copy);
    }
}

/* An edit's buffer has ZONE_RRSET_MAX octets: what is larger on disk must not come in. */
static void an_rrset_above_the_limit_is_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = {ZONE_RRSET_MAX, ZONE_RRSET_MAX + 1, 65535};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t rdlen = sizes[i] - ZONE_RR_FIXED, len = 11 + sizes[i];
        uint8_t *image = mem_alloc(len);
        memcpy(image, "\3\1w\0\1\377\0\0\1", 9); /* type 65280 is opaque */
        image[9] = (uint8_t)(sizes[i] >> 8);
        image[10] = (uint8_t)sizes[i];
        zone_node_write_rr(image + 11, 65280, 1, image, 0);
        image[21] = (uint8_t)(rdlen >> 8);
        image[22] = (uint8_t)rdlen;
        struct zone_node *node = zone_node_restore(image, len, 7, 1);
        assert_int_equal(node != NULL, sizes[i] <= ZONE_RRSET_MAX);
        mem_free(node);
        mem_free(image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_node_is_its_owner_alone),
        cmocka_unit_test(sets_stand_in_order_of_type_however_they_came),
        cmocka_unit_test(replacing_a_set_leaves_the_others_octet_by_octet),
        cmocka_unit_test(removing_sets_ends_at_an_empty_node),
        cmocka_unit_test(a_copy_with_other_children_is_the_same_but_for_them),
        cmocka_unit_test(records_come_out_as_they_went_in),
        cmocka_unit_test(an_image_restores_to_the_same_node),
        cmocka_unit_test(an_image_that_is_cut_restores_to_nothing),
        cmocka_unit_test(an_image_with_one_other_octet_is_refused_or_whole),
        cmocka_unit_test(images_are_checked_field_by_field),
        cmocka_unit_test(an_rrset_above_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
