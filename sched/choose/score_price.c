#include "sched/choose/score_terms.h"

#include <math.h>

#include "zones/dns_name.h"

enum per { CORE_H = 1, CARD_H, NODE_H, INSTANCE_H, CALL = 7 }; /* words of `per` */

/* How much of what the price is for the asked part is, in all lanes. False: prices per that do not compare. */
static bool amounts(const struct choose *work, size_t block, uint64_t fit, unsigned per,
                    double *out)
{
    static const unsigned totals[] = {0, ATTR_INDEX_cpu, ATTR_INDEX_accn, ATTR_INDEX_nodes};
    for (unsigned i = 0; i < LANES; i++) {
        out[i] = 1;
    }
    if (per == INSTANCE_H || per == CALL) {
        return true;
    }
    if (per < CORE_H || per > NODE_H) {
        return false;
    }
    const uint64_t *total = work_column(work, block, totals[per]);
    double part[LANES], divisor = per == CARD_H ? 1000 : 1;
    uint64_t known = score_part(work, block, fit, part);
    known &= total ? work->ask->pools->blocks[block]->has[totals[per]] : 0;
    for (unsigned i = 0; known && i < LANES; i++) {
        out[i] = lanes_double(total[i]) / divisor * part[i];
    }
    lanes_fill(out, known ? fit & ~known : 0, 1);
    return true;
}

static uint64_t costs(const struct choose *work, size_t block, uint64_t fit, double *out)
{
    const struct pools_block *from = work->ask->pools->blocks[block];
    const uint64_t *price = from->value[ATTR_INDEX_price], *per = from->value[ATTR_INDEX_per];
    uint64_t priced =
        fit & from->has[ATTR_INDEX_price] & from->has[ATTR_INDEX_per] & from->has[ATTR_INDEX_cur];
    uint64_t known = 0;
    double amount[LANES];
    lanes_fill(out, fit & ~priced, -1);
    while (priced) { /* usually one word for all */
        unsigned word = (unsigned)per[__builtin_ctzll(priced)];
        uint64_t same = lanes_equal(per, word) & priced;
        bool is_cost = amounts(work, block, same, word, amount);
        for (unsigned i = 0; same == fit && i < LANES; i++) {
            out[i] = lanes_double(price[i]) * amount[i];
        }
        for (uint64_t left = same == fit ? 0 : same; left; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctzll(left);
            out[i] = lanes_double(price[i]) * amount[i];
        }
        if (is_cost) {
            known |= same;
        } else {
            lanes_fill(out, same, -1);
        }
        priced &= ~same;
    }
    return known;
}

LANES_WIDE
void score_price_gather(struct choose *work, size_t block, uint64_t fit)
{
    const uint64_t *currency = work->ask->pools->blocks[block]->value[ATTR_INDEX_cur];
    double *raw = work->raw[WORK_PRICE] + block * LANES;
    uint64_t known = costs(work, block, fit, raw);
    while (known) { /* usually one currency for all */
        uint64_t key = currency[__builtin_ctzll(known)];
        uint64_t same = lanes_equal(currency, key) & known;
        struct work_tally *entry = work_tally(work, key);
        entry->best = lanes_least(raw, same, entry->count ? entry->best : INFINITY);
        entry->count += (uint32_t)__builtin_popcountll(same);
        work->is_one_currency &= work->currency == 0 || work->currency == key;
        work->currency = key;
        known &= ~same;
    }
}

/* Of several currencies that most have; of these, that of the pool that comes first by name. */
static uint64_t most_frequent(const struct choose *work)
{
    const struct pools *pools = work->ask->pools;
    const uint8_t *first = NULL;
    uint64_t currency = 0;
    uint32_t most = 0;
    for (size_t b = 0; b < pools->block_count; b++) {
        for (uint64_t left = work->fit[b]; left; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctzll(left);
            if (work->raw[WORK_PRICE][b * LANES + i] < 0) {
                continue;
            }
            uint64_t key = pools->blocks[b]->value[ATTR_INDEX_cur][i];
            uint32_t count = work_tally_find(work, key)->count;
            const uint8_t *name = pools->blocks[b]->pool[i]->name;
            if (count > most ||
                (count == most && key != currency && dns_name_compare(name, first) < 0)) {
                most = count;
                currency = key;
                first = name;
            } else if (key == currency && dns_name_compare(name, first) < 0) {
                first = name;
            }
        }
    }
    return currency;
}

void score_price_settle(struct choose *work)
{
    if (!work->is_one_currency) {
        work->currency = most_frequent(work);
    }
    const struct work_tally *entry = work->currency ? work_tally_find(work, work->currency) : NULL;
    work->best[WORK_PRICE] = entry ? entry->best : 0;
}

LANES_WIDE
uint64_t score_price(struct choose *work, size_t block, uint64_t fit, double *out)
{
    const uint64_t *currency = work->ask->pools->blocks[block]->value[ATTR_INDEX_cur];
    const double *raw = work->raw[WORK_PRICE] + block * LANES;
    double dearest = 100 * work->best[WORK_PRICE];
    uint64_t unknown = 0, free = 0, is_any = 0;
    for (unsigned i = 0; i < LANES; i++) {
        out[i] = dearest / raw[i];
        is_any |= (uint64_t)(raw[i] <= 0);
    }
    for (unsigned i = 0; is_any && i < LANES; i++) {
        unknown |= (uint64_t)(raw[i] < 0) << i;
        free |= (uint64_t)(raw[i] <= 0) << i;
    }
    if (!work->is_one_currency && currency) {
        unknown |= ~lanes_equal(currency, work->currency);
    }
    lanes_fill(out, free & fit, 100);
    lanes_fill(out, unknown & fit, 0);
    return unknown & fit;
}
