#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/lib/guard.h"
#include "zones/attr_text.h"
#include "zones/cres_mirror.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"

/* Records of one name as text; NULL = not there. */
struct sample {
    const char *centre, *res, *other, *load, *above;
};

static struct cres_rdata make(uint16_t type, const char *text)
{
    uint8_t octets[6000];
    if (!text) {
        return (struct cres_rdata){0};
    }
    struct dns_scan scan;
    struct err_at at = {0};
    dns_scan_init(&scan, text, strlen(text), &at);
    struct wr wr = wr_make(octets, sizeof octets);
    if (attr_text_parse(&scan, type, NULL, &wr)) {
        fail_msg("%s: %s", text, at.text);
    }
    return (struct cres_rdata){guard_copy(octets, wr_len(&wr)), wr_len(&wr)};
}

/* The TXT RDATA of a sample; its length. */
static size_t mirror(const struct sample *sample, uint8_t *out, size_t size)
{
    struct cres_rdata res[2];
    struct cres_view view = {.centre = make(DNS_TYPE_CENTRE, sample->centre),
                             .res = res,
                             .load = make(DNS_TYPE_CLOAD, sample->load),
                             .above = make(DNS_TYPE_CENTRE, sample->above)};
    if (sample->res) {
        res[view.res_count++] = make(DNS_TYPE_CRES, sample->res);
    }
    if (sample->other) {
        res[view.res_count++] = make(DNS_TYPE_CRES, sample->other);
    }
    struct wr wr = wr_make(out, size);
    assert_int_equal(cres_mirror_txt(&view, &wr), 0);
    for (size_t i = 0; i < view.res_count; i++) {
        guard_free(res[i].data);
    }
    guard_free(view.centre.data);
    guard_free(view.load.data);
    guard_free(view.above.data);
    return wr_len(&wr);
}

/* The strings, separated by "|". */
static const char *join(const uint8_t *txt, size_t len)
{
    static char text[2000];
    struct wr wr = wr_make(text, sizeof text - 1);
    for (size_t i = 0; i < len; i += 1u + txt[i]) {
        wr_print(&wr, "%s%.*s", i > 0 ? "|" : "", txt[i], (const char *)txt + i + 1);
    }
    *wr.pos = '\0';
    return text;
}

static void facts_come_most_useful_first_and_each_once(void **state)
{
    static const struct {
        const char *label;
        struct sample sample;
        const char *expected;
    } rows[] = {
        {"nothing at the name", {NULL, NULL, NULL, NULL, NULL}, ""},
        {"records that say nothing", {".", ".", NULL, NULL, NULL}, ""},
        {"a centre",
         {". contact=a op=pcl region=440300 hub kind=ai access=api,proxy state=active jur=CN", NULL,
          NULL, NULL, NULL},
         "kind=ai|region=440300|state=active|prio=1|access=proxy,api|op=pcl|jur=CN|hub|contact=a|"
         "vers=1"},
        {"a pool and its centre",
         {NULL, ". cpu=8 mem=16g acc=nvidia-h20-96g accn=8", NULL,
          ". obs=100 cpuf=2 memf=1g accf=1.5 util=75", ". kind=ai region=440300"},
         "kind=ai|region=440300|obs=100|load=81|cpu=2|mem=1073|gpu=nvidia-h20-96g:1.5|comp=1|"
         "acc=nvidia-h20-96g|accn=8|cpuf=2|memf=1024|accf=1.5|util=75|cputotal=8|memtotal=16384|"
         "vers=1"},
        {"the pool goes before the centre above",
         {NULL, ". state=drain", NULL, NULL, ". state=active sched=slurm"},
         "state=drain|prio=3|sched=slurm|vers=1"},
        {"a price is taken from one record",
         {NULL, ". price=2 cur=CNY per=card-h", ". price=1 cur=USD per=core-h plan=spot grade=x",
          NULL, NULL},
         "cost=2|price=2|cur=CNY|per=card-h|grade=x|vers=1"},
        {"figures stay with their basis",
         {NULL, ". fp16=1t basis=claimed", ". fp32=2t basis=measured nodes=3", NULL, NULL},
         "nodes=3|fp16=1000|basis=claimed|caps=fp16|vers=1"},
        {"accelerators are not mixed",
         {NULL, ". acc=a accn=1", ". acc=b accn=2 accmem=1g", NULL, NULL},
         "accel=a|acc=a|accn=1|vers=1"},
        {"members' records are not told",
         {NULL, ". cpu=8 vis=members", ". nodes=2 vis=public", ". obs=1 cpuf=2 vis=private", NULL},
         "nodes=2|vers=1"},
        {"nothing public", {NULL, ". cpu=8 vis=private", NULL, NULL, ". kind=ai vis=members"}, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t txt[CRES_MIRROR_MAX];
        size_t len = mirror(&rows[i].sample, txt, sizeof txt);
        const char *text = join(txt, len);
        if (strcmp(text, rows[i].expected) != 0) {
            fail_msg("%s: %s", rows[i].label, text);
        }
    }
}

static void what_does_not_fit_is_left_out_and_the_rest_stays(void **state)
{
    char centre[5000];
    char text[256];
    (void)state;
    memset(text, 'x', 255);
    text[248] = '\0'; /* region= and 248 are 255 octets, contact= and 248 are 256 */
    (void)snprintf(centre, sizeof centre, ". kind=ai az=%s op=%s region=%s jur=%s contact=%s", text,
                   text, text, text, text);
    struct sample sample = {.centre = centre, .res = ". grade=small"};
    uint8_t txt[CRES_MIRROR_MAX];
    size_t len = mirror(&sample, txt, sizeof txt);
    const char *joined = join(txt, len);
    assert_true(len <= CRES_MIRROR_MAX);
    assert_non_null(strstr(joined, "kind=ai|region=x"));
    assert_non_null(strstr(joined, "|op=x"));
    assert_non_null(strstr(joined, "|jur=x"));
    assert_non_null(strstr(joined, "|az=x"));
    assert_null(strstr(joined, "contact="));
    assert_non_null(strstr(joined, "|grade=small|"));
    assert_string_equal(joined + strlen(joined) - 7, "|vers=1");
}

static void the_whole_is_at_most_1300_octets(void **state)
{
    char centre[5000];
    char text[256] = {0};
    (void)state;
    for (size_t text_len = 1; text_len < 250; text_len++) {
        text[text_len - 1] = 'x';
        (void)snprintf(centre, sizeof centre, ". kind=ai az=%s op=%s region=%s jur=%s contact=%s",
                       text, text, text, text, text);
        struct sample sample = {.centre = centre, .load = NULL, .above = NULL};
        char res[1000];
        (void)snprintf(res, sizeof res, ". acc=%s grade=%s env=%s", text, text, text);
        sample.res = res;
        uint8_t txt[CRES_MIRROR_MAX];
        size_t len = mirror(&sample, txt, sizeof txt);
        assert_true(len > 0 && len <= CRES_MIRROR_MAX);
        assert_int_equal(dns_rdata_check(DNS_TYPE_TXT, txt, len), 0);
        assert_memory_equal(txt + len - 7, "\6vers=1", 7);
    }
}

static void a_buffer_that_is_too_small_is_an_error(void **state)
{
    struct cres_rdata centre = make(DNS_TYPE_CENTRE, ". kind=ai");
    struct cres_view view = {.centre = centre};
    uint8_t txt[100];
    (void)state;
    for (size_t room = 0; room < 15; room++) {
        struct wr wr = wr_make(txt, room);
        assert_int_equal(cres_mirror_txt(&view, &wr), ERR_SPACE);
    }
    struct wr wr = wr_make(txt, 15);
    assert_int_equal(cres_mirror_txt(&view, &wr), 0);
    assert_memory_equal(txt, "\7kind=ai\6vers=1", 15);
    guard_free(centre.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_come_most_useful_first_and_each_once),
        cmocka_unit_test(what_does_not_fit_is_left_out_and_the_rest_stays),
        cmocka_unit_test(the_whole_is_at_most_1300_octets),
        cmocka_unit_test(a_buffer_that_is_too_small_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
