package penstock.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

/** Counts its records and makes the file done.file once it has seen expected of them. */
public class CountingSinkConnector extends SinkConnector {
    private Map<String, String> props;

    @Override
    public void start(Map<String, String> props) {
        this.props = props;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return CountingSinkTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return Collections.singletonList(props);
    }

    @Override
    public void stop() { }

    @Override
    public ConfigDef config() {
        return new ConfigDef()
            .define("expected", ConfigDef.Type.LONG, ConfigDef.Importance.HIGH, "How many records there are.")
            .define("done.file", ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "The file to make at the end.");
    }

    @Override
    public String version() {
        return "1";
    }

    /** The task. */
    public static class CountingSinkTask extends SinkTask {
        private long left;
        private Path done;

        @Override
        public void start(Map<String, String> props) {
            left = Long.parseLong(props.get("expected"));
            done = Path.of(props.get("done.file"));
        }

        @Override
        public void put(Collection<SinkRecord> records) {
            long before = left;
            left -= records.size();
            if (before > 0 && left <= 0) {
                try {
                    Files.createFile(done);
                } catch (IOException e) {
                    throw new ConnectException(e);
                }
            }
        }

        @Override
        public void stop() { }

        @Override
        public String version() {
            return "1";
        }
    }
}
