import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.Locale;
import org.joda.time.DateTimeZone;
import org.joda.time.format.DateTimeFormat;
import org.joda.time.format.DateTimeFormatter;

/** Answers lines of zone, locale, pattern, duration and instant, tab by tab, with the directory that Joda-Time gives: how printed.tsv.gz was made (record.py). */
public final class Printed {
    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] asked = line.split("\t", -1);
            DateTimeZone zone = DateTimeZone.forID(asked[0]);
            DateTimeFormatter format = DateTimeFormat.forPattern(asked[2]).withZone(zone).withLocale(new Locale(asked[1]));
            long duration = Long.parseLong(asked[3]);
            long local = zone.convertUTCToLocal(Long.parseLong(asked[4]));
            out.println(line + "\t" + format.print(zone.convertLocalToUTC(local / duration * duration, false)));
        }
        out.flush();
    }
}
