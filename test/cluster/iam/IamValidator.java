package kbench;

import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerExtensionsValidatorCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;

/**
 * What the brokers of Amazon MSK do with a token of AWS IAM, for one user whose keys are properties of the broker (kbench.iam.*): a token is a signed
 * URL in base64url, and is taken if this signature (Signature Version 4, query parameters) is that of these keys and not too old.
 */
public class IamValidator implements AuthenticateCallbackHandler {
  private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");
  private static final Set<String> UNSIGNED = Set.of("X-Amz-Signature", "User-Agent");
  private Map<String, ?> properties;

  @Override
  public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {
    properties = configs;
  }

  @Override
  public void close() {}

  @Override
  public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
    for (Callback callback : callbacks) {
      if (callback instanceof OAuthBearerValidatorCallback validation) {
        try {
          validation.token(validated(validation.tokenValue()));
        } catch (Exception refused) {
          System.out.println("IAM token refused: " + refused.getMessage());
          validation.error("invalid_token", null, null);
        }
      } else if (callback instanceof OAuthBearerExtensionsValidatorCallback extensions) {
        extensions.inputExtensions().map().keySet().forEach(extensions::valid);
      } else {
        throw new UnsupportedCallbackException(callback);
      }
    }
  }

  private OAuthBearerToken validated(String value) throws Exception {
    URI url = URI.create(new String(Base64.getUrlDecoder().decode(value), StandardCharsets.UTF_8));
    Map<String, String> query = new TreeMap<>();
    for (String pair : url.getRawQuery().split("&")) {
      String[] parts = pair.split("=", 2);
      query.put(URLDecoder.decode(parts[0], StandardCharsets.UTF_8), URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    String region = property("region");
    String host = "kafka." + region + ".amazonaws.com";
    String at = query.get("X-Amz-Date");
    String scope = at.substring(0, 8) + "/" + region + "/kafka-cluster/aws4_request";
    expect("scheme", "https", url.getScheme());
    expect("host", host, url.getHost());
    expect("path", "/", url.getRawPath());
    expect("action", "kafka-cluster:Connect", query.get("Action"));
    expect("algorithm", "AWS4-HMAC-SHA256", query.get("X-Amz-Algorithm"));
    expect("signed headers", "host", query.get("X-Amz-SignedHeaders"));
    expect("credential", property("accessKey") + "/" + scope, query.get("X-Amz-Credential"));
    expect("session token", property("sessionToken"), query.getOrDefault("X-Amz-Security-Token", ""));
    expect("signature", signature(query, host, at, scope), query.get("X-Amz-Signature"));
    long fromMs = LocalDateTime.parse(at, DATE).toInstant(ZoneOffset.UTC).toEpochMilli();
    long seconds = (long) Double.parseDouble(query.get("X-Amz-Expires"));
    long untilMs = fromMs + 1000 * seconds;
    if (seconds > 900) throw new IllegalArgumentException("it is good for " + seconds + " s, which is more than 900");
    if (untilMs <= System.currentTimeMillis()) throw new IllegalArgumentException("it has expired");
    return new Token(value, property("accessKey"), fromMs, untilMs);
  }

  private String signature(Map<String, String> query, String host, String at, String scope) throws Exception {
    String canonical = query.entrySet().stream()
        .filter(entry -> !UNSIGNED.contains(entry.getKey()))
        .map(entry -> encoded(entry.getKey()) + "=" + encoded(entry.getValue()))
        .sorted()
        .collect(Collectors.joining("&"));
    String request = String.join("\n", "GET", "/", canonical, "host:" + host, "", "host", sha256(""));
    byte[] key = ("AWS4" + property("secretKey")).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/")) key = hmac(key, part);
    String text = String.join("\n", "AWS4-HMAC-SHA256", at, scope, sha256(request));
    return HexFormat.of().formatHex(hmac(key, text));
  }

  private String property(String name) {
    Object value = properties.get("kbench.iam." + name);
    return value == null ? "" : value.toString();
  }

  private static void expect(String what, String expected, String actual) {
    if (!expected.equals(actual)) throw new IllegalArgumentException("another " + what);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A").replace("%7E", "~");
  }

  private static String sha256(String text) throws Exception {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest);
  }

  private static byte[] hmac(byte[] key, String text) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }

  private record Token(String value, String principalName, long fromMs, long lifetimeMs) implements OAuthBearerToken {
    @Override
    public Set<String> scope() {
      return Set.of();
    }

    @Override
    public Long startTimeMs() {
      return fromMs;
    }
  }
}
