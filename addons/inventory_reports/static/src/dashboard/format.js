/** Figures as the user's language writes them. */
import { formatCurrency } from "@web/core/currency";
import { deserializeDate, toLocaleDateString } from "@web/core/l10n/dates";
import { formatFloat, humanNumber } from "@web/core/utils/numbers";

const HUMAN_FROM = 100000;

/** A quantity or count: whole where it is whole, shortened ("1.2M") where nobody reads the digits. */
export function number(value) {
    if (Math.abs(value) >= HUMAN_FROM) {
        return humanNumber(value, { decimals: 1, minDigits: 1 });
    }
    return formatFloat(value || 0, { digits: [0, Number.isInteger(value) ? 0 : 2], trailingZeros: false });
}

/** An amount of money without cents; big ones shortened. */
export function amount(value, currencyId) {
    const human = Math.abs(value) >= HUMAN_FROM;
    return formatCurrency(value || 0, currencyId, human ? { humanReadable: true, digits: [0, 1] } : { digits: [0, 0] });
}

/** An ISO day in the user's format, "" for none. */
export function date(value) {
    return value ? toLocaleDateString(deserializeDate(value)) : "";
}

/** Change from `before` to `now` in whole percent, null where there is nothing to compare with. */
export function share(now, before) {
    return before > 0 ? Math.round(((now - before) / before) * 100) : null;
}
