#include "server/find_budget.h"

enum { THOUSAND = 1000 };

#define SAVED_NS (FIND_BUDGET_SAVED_MS * 1000000ull)

bool find_budget_may(struct find_budget *budget, uint64_t now_ns, unsigned share)
{
    uint64_t passed = budget->last_ns && now_ns - budget->last_ns < SAVED_NS
                          ? now_ns - budget->last_ns
                          : SAVED_NS;
    int64_t most = (int64_t)(SAVED_NS * share / THOUSAND);
    int64_t left = budget->left_ns + (int64_t)(passed * share / THOUSAND);
    budget->last_ns = now_ns;
    budget->left_ns = left < most ? left : most;
    return budget->left_ns > 0;
}

void find_budget_spend(struct find_budget *budget, uint64_t ns, uint64_t most_ns)
{
    budget->left_ns -= (int64_t)(ns < most_ns ? ns : most_ns);
}
