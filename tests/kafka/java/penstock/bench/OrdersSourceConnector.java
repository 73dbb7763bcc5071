package penstock.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/** Hands out orders from a pool made at the start, so that a run measures what comes after poll(). */
public class OrdersSourceConnector extends SourceConnector {
    private Map<String, String> props;

    @Override
    public void start(Map<String, String> props) {
        this.props = props;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return OrdersSourceTask.class;
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
            .define("topic", ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "Where the records go.")
            .define("records", ConfigDef.Type.LONG, ConfigDef.Importance.HIGH, "How many records to make.")
            .define("kind", ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "struct, map or text.")
            .define("batch.size", ConfigDef.Type.INT, ConfigDef.Importance.HIGH, "Records of one poll.")
            .define("pool.file", ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "Texts, one a line, for kind text.");
    }

    @Override
    public String version() {
        return "1";
    }

    /** The task. */
    public static class OrdersSourceTask extends SourceTask {
        private static final int POOL = 10_000;
        private static final Schema SCHEMA = SchemaBuilder.struct().name("orders")
            .field("id", Schema.INT64_SCHEMA)
            .field("customer_id", Schema.INT32_SCHEMA)
            .field("sku", Schema.STRING_SCHEMA)
            .field("qty", Schema.INT32_SCHEMA)
            .field("price", Schema.FLOAT64_SCHEMA)
            .field("active", Schema.BOOLEAN_SCHEMA)
            .field("note", Schema.OPTIONAL_STRING_SCHEMA)
            .field("created", Timestamp.SCHEMA)
            .field("updated_ms", Schema.INT64_SCHEMA)
            .field("country", Schema.STRING_SCHEMA)
            .build();

        private final List<Object> pool = new ArrayList<>(POOL);
        private final Map<String, ?> partition = Collections.singletonMap("source", "orders");
        private Schema schema;
        private String topic;
        private long records;
        private int batchSize;
        private long next;

        @Override
        public void start(Map<String, String> props) {
            topic = props.get("topic");
            records = Long.parseLong(props.get("records"));
            batchSize = Integer.parseInt(props.get("batch.size"));
            String kind = props.get("kind");
            if (kind.equals("text")) {
                schema = Schema.STRING_SCHEMA;
                try {
                    pool.addAll(Files.readAllLines(Path.of(props.get("pool.file"))));
                } catch (IOException e) {
                    throw new ConnectException(e);
                }
                return;
            }
            schema = kind.equals("struct") ? SCHEMA : null;
            for (int i = 1; i <= POOL; i++) {
                Struct order = order(i);
                pool.add(kind.equals("struct") ? order : map(order));
            }
        }

        @Override
        public List<SourceRecord> poll() throws InterruptedException {
            int count = (int) Math.min(batchSize, records - next);
            if (count == 0) {
                Thread.sleep(100);
                return null;
            }
            List<SourceRecord> polled = new ArrayList<>(count);
            for (int i = 0; i < count; i++, next++) {
                Object value = pool.get((int) (next % pool.size()));
                polled.add(new SourceRecord(partition, Collections.singletonMap("next", next + 1), topic, null, null, null, schema, value));
            }
            return polled;
        }

        private static Struct order(long i) {
            return new Struct(SCHEMA)
                .put("id", i)
                .put("customer_id", (int) (i * 7919 % 100000))
                .put("sku", String.format("SKU-%08d", i * 31 % 99991))
                .put("qty", (int) (i % 97 + 1))
                .put("price", (i * 17 % 100000) / 100.0)
                .put("active", i % 3 == 0)
                .put("note", String.format("%040x", i * 2654435761L))
                .put("created", new Date(1735689600000L + 1000 * i))
                .put("updated_ms", 1735689600000L + 1000 * i + 5)
                .put("country", i % 2 == 0 ? "DE" : "FR");
        }

        private static Map<String, Object> map(Struct order) {
            Map<String, Object> map = new LinkedHashMap<>();
            for (Field field : SCHEMA.fields()) {
                Object value = order.get(field);
                map.put(field.name(), value instanceof Date ? (Object) ((Date) value).getTime() : value);
            }
            return map;
        }

        @Override
        public void stop() { }

        @Override
        public String version() {
            return "1";
        }
    }
}
