#include "core/bed.h"

#include <assert.h>

#define NEVER INT64_MAX

/* By how much a value must be inside before it is well again. */
static const double margins[YJ_VITAL_COUNT] = {
    [YJ_VITAL_HR] = 5, [YJ_VITAL_RR] = 2, [YJ_VITAL_SPO2] = 1};
/* Nothing is too high there. */
static const double ceilings[YJ_VITAL_COUNT] = {
    [YJ_VITAL_HR] = 1e9, [YJ_VITAL_RR] = 1e9, [YJ_VITAL_SPO2] = 100};

void yj_bed_init(struct yj_bed *bed)
{
	*bed = (struct yj_bed){
	    .lies = YJ_LIES_UNKNOWN, .turn_since = NEVER, .return_due = NEVER, .heard = INT64_MIN};
	for (int i = 0; i < YJ_VITAL_COUNT; i++)
		bed->runs[i] =
		    (struct yj_bed_run){.since = NEVER, .heard = INT64_MIN, .calm_since = NEVER};
}

static bool is_valid(const struct yj_bed *bed)
{
	bool out = bed->lies == YJ_LIES_OUT;
	return (bed->return_due == NEVER || (out && !bed->exit_told)) && (!bed->exit_told || out) &&
	       (bed->turn_since == NEVER || bed->lies != YJ_LIES_UNKNOWN);
}

static int64_t turn_of(const struct yj_bed_rules *rules)
{
	return rules->turn_ms < rules->return_ms ? rules->turn_ms : rules->return_ms;
}

/* Until then nothing is judged: the sensor may have said otherwise unheard. */
static int64_t held_until(
    const struct yj_bed *bed, const struct yj_bed_rules *rules, const struct yj_bed_now *now)
{
	if (bed->heard >= now->hears_since)
		return INT64_MIN;
	return now->hears_since == NEVER ? NEVER : now->hears_since + rules->grace_ms;
}

static int64_t armed(const struct yj_bed *bed, const struct yj_bed_rules *rules)
{
	if (bed->turn_since != NEVER) /* whether they are back is to be known first */
		return bed->turn_since + turn_of(rules);
	return bed->return_due;
}

int64_t yj_bed_due(
    const struct yj_bed *bed, const struct yj_bed_rules *rules, const struct yj_bed_now *now)
{
	int64_t due = armed(bed, rules), held = held_until(bed, rules, now);
	return due == NEVER || due > held ? due : held;
}

static unsigned got_up(struct yj_bed *bed, const struct yj_bed_rules *rules)
{
	bed->lies = YJ_LIES_OUT;
	bed->since = bed->turn_since;
	if (bed->turn_night)
		bed->return_due = bed->turn_since + rules->return_ms;
	bed->turn_since = NEVER;
	return YJ_BED_OUT;
}

static unsigned lay_down(struct yj_bed *bed, int64_t since)
{
	unsigned news = YJ_BED_IN | (bed->exit_told ? YJ_BED_BACK : 0);
	bed->lies = YJ_LIES_IN;
	bed->since = since;
	bed->exit_told = false;
	bed->return_due = bed->turn_since = NEVER;
	return news;
}

unsigned yj_bed_tick(
    struct yj_bed *bed, const struct yj_bed_rules *rules, const struct yj_bed_now *now)
{
	unsigned news = 0;
	if (held_until(bed, rules, now) > now->t)
		return 0;
	if (bed->turn_since != NEVER && now->t - bed->turn_since >= turn_of(rules))
		news |=
		    bed->lies == YJ_LIES_IN ? got_up(bed, rules) : lay_down(bed, bed->turn_since);
	if (bed->turn_since == NEVER && bed->return_due <= now->t) {
		bed->return_due = NEVER;
		bed->exit_told = true;
		news |= YJ_BED_EXIT;
	}
	assert(is_valid(bed));
	return news;
}

static unsigned take_where(struct yj_bed *bed, bool in, const struct yj_bed_now *now)
{
	enum yj_lies said = in ? YJ_LIES_IN : YJ_LIES_OUT;
	if (bed->lies == YJ_LIES_UNKNOWN) {
		bed->lies = said;
		bed->since = now->t;
		return in ? YJ_BED_IN : YJ_BED_OUT;
	}
	if (bed->lies == said) {
		bed->turn_since = NEVER;
	} else if (bed->turn_since == NEVER) {
		bed->turn_since = now->t;
		bed->turn_night = now->night;
	}
	return 0;
}

static unsigned take_value(struct yj_bed_run *run, const struct yj_bed_rules *rules,
    enum yj_vital vital, double value, int64_t t)
{
	const struct yj_vital_range *range = &rules->ranges[vital];
	double quarter = (range->high - range->low) / 4, margin = margins[vital];
	margin = margin < quarter ? margin : quarter;
	bool bad = value < range->low || value > range->high;
	bool well = value >= range->low + margin &&
		    (range->high >= ceilings[vital] || value <= range->high - margin);
	if (run->n && t - run->heard > YJ_BED_GAP_MS && t - run->heard > rules->for_ms)
		run->n = 0;
	if (run->heard >= t) /* the same one again */
		return 0;
	run->heard = t;
	if (well) {
		run->n = 0;
		if (run->told && run->calm_since == NEVER)
			run->calm_since = t;
		if (run->told && t - run->calm_since >= rules->calm_ms)
			run->told = false;
	}
	if (!bad)
		return 0;
	run->calm_since = NEVER;
	run->since = run->n ? run->since : t;
	run->n += run->n < rules->samples;
	if (run->told || run->n < rules->samples || t - run->since < rules->for_ms)
		return 0;
	run->told = true;
	return (unsigned)YJ_BED_VITAL << vital;
}

unsigned yj_bed_sample(struct yj_bed *bed, const struct yj_bed_rules *rules,
    const struct yj_bed_sample *sample, const struct yj_bed_now *now)
{
	/* what was due is done before, unless this is the first word for long */
	unsigned news = bed->heard >= now->hears_since ? yj_bed_tick(bed, rules, now) : 0;
	if (sample->in_bed >= 0) {
		bed->heard = now->t;
		news |= take_where(bed, sample->in_bed == 1, now);
		news |= yj_bed_tick(bed, rules, now);
	}
	bool empty = sample->in_bed == 0 || (sample->in_bed < 0 && bed->lies == YJ_LIES_OUT);
	for (int i = 0; i < YJ_VITAL_COUNT; i++) {
		if (empty)
			bed->runs[i].n = 0;
		else if (sample->values[i] > 0 && rules->ranges[i].high > 0)
			news |= take_value(
			    &bed->runs[i], rules, (enum yj_vital)i, sample->values[i], now->t);
	}
	assert(is_valid(bed));
	return news;
}
