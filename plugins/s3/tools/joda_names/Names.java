import java.io.PrintStream;
import java.text.DateFormatSymbols;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.joda.time.DateTimeZone;

/** Prints what pack.py needs, a JSON object a line: the names of months, days, eras, halves of days and zones in every language, and Joda-Time's ids of zones. */
public final class Names {
    private static String text(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char unit : text.toCharArray()) {
            json.append(unit == '"' || unit == '\\' || unit < ' ' || unit > '~' ? String.format("\\u%04x", (int) unit) : unit);
        }
        return json.append('"').toString();
    }

    private static String array(String... texts) {
        return Arrays.stream(texts).map(Names::text).toList().toString();
    }

    /** Pairs: from which instant on which offset is standard time. Two thousand changes reach far beyond the last of them. */
    private static List<List<Long>> standard(DateTimeZone zone) {
        List<List<Long>> changes = new ArrayList<>();
        long at = Long.MIN_VALUE / 2;
        for (int change = 0; change < 2000; change++) {
            long offset = zone.getStandardOffset(at);
            if (changes.isEmpty() || changes.get(changes.size() - 1).get(1) != offset) {
                changes.add(List.of(at, offset));
            }
            if (zone.nextTransition(at) == at) {
                break;
            }
            at = zone.nextTransition(at);
        }
        return changes;
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        for (String id : DateTimeZone.getAvailableIDs()) {
            DateTimeZone zone = DateTimeZone.forID(id);
            out.printf("{\"id\": %s, \"canonical\": %s, \"standard\": %s}%n", text(id), text(zone.getID()), standard(zone));
        }
        TreeSet<String> languages = new TreeSet<>(Arrays.asList(Locale.getISOLanguages()));
        Arrays.stream(Locale.getAvailableLocales()).map(Locale::getLanguage).forEach(languages::add);
        languages.addAll(Arrays.asList("", "he", "id", "in", "iw", "ji", "mo", "nb", "no", "sh", "tl", "yi"));
        for (String language : languages) {
            DateFormatSymbols names = DateFormatSymbols.getInstance(new Locale(language));
            out.printf("{\"language\": %s, \"months\": %s, \"short_months\": %s, \"days\": %s, \"short_days\": %s, ",
                text(language), array(names.getMonths()), array(names.getShortMonths()), array(names.getWeekdays()),
                array(names.getShortWeekdays()));
            out.printf("\"eras\": %s, \"halves\": %s, \"zones\": %s}%n", array(names.getEras()), array(names.getAmPmStrings()),
                Arrays.stream(names.getZoneStrings()).map(zone -> array(Arrays.copyOf(zone, 5))).toList());
        }
    }
}
