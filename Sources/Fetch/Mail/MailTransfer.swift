import CCurl
import Foundation
import Vocabulary

/// A libcurl easy handle with its connection to one mail server. Made and used by one thread; never shared.
final class MailTransfer {
    private let server: MailServer
    private let curl: UnsafeMutableRawPointer?

    init(_ server: MailServer) {
        self.server = server
        curl = curl_easy_init()
    }

    deinit { curl_easy_cleanup(curl) }

    /// The bytes that are still to be sent. Lives on the transfer's thread for one message.
    private final class Upload {
        var rest: ArraySlice<UInt8>
        init(_ bytes: [UInt8]) { rest = bytes[...] }

        func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
            let part = rest.prefix(buffer.count)
            buffer.copyBytes(from: part)
            rest = rest.dropFirst(part.count)
            return part.count
        }
    }

    /// Hands one message over.
    func send(_ message: MailMessage) -> MailSender.Outcome {
        guard let curl else { return .failed(Fault("mail.memory", .ourselves, "Out of memory.")) }
        var recipients: UnsafeMutablePointer<curl_slist>?
        defer {
            curl_easy_reset(curl)
            curl_slist_free_all(recipients)
        }
        let upload = Upload(message.bytes)
        do {
            try prepare(curl)
            try set(curl, CURLOPT_MAIL_FROM, "<\(message.sender.address)>")
            recipients = curl_slist_append(nil, "<\(message.recipient.address)>")
            try check(gw_curl_set_list(curl, CURLOPT_MAIL_RCPT, recipients))
            try check(gw_curl_set_long(curl, CURLOPT_UPLOAD, 1))
            try check(
                gw_curl_set_data_callback(curl, CURLOPT_READFUNCTION) { data, size, count, context in
                    // libcurl hands back the pointer that READDATA set, which lives until the transfer has ended.
                    let upload = Unmanaged<Upload>.fromOpaque(context!).takeUnretainedValue()
                    return upload.fill(UnsafeMutableRawBufferPointer(start: data, count: size * count))
                })
            try check(gw_curl_set_pointer(curl, CURLOPT_READDATA, Unmanaged.passUnretained(upload).toOpaque()))
        } catch {
            return .failed(error)
        }
        return withExtendedLifetime(upload) { outcome(curl_easy_perform(curl), curl) }
    }

    /// Connects, signs in and asks nothing of anybody.
    func probe() -> Fault? {
        guard let curl else { return Fault("mail.memory", .ourselves, "Out of memory.") }
        defer { curl_easy_reset(curl) }
        do {
            try prepare(curl)
            try set(curl, CURLOPT_CUSTOMREQUEST, "NOOP")
            try check(gw_curl_set_long(curl, CURLOPT_NOBODY, 1))
        } catch {
            return error
        }
        let code = curl_easy_perform(curl)
        return code == CURLE_OK ? nil : fault(code)
    }

    // MARK: Options

    private func prepare(_ curl: UnsafeMutableRawPointer) throws(Fault) {
        try set(curl, CURLOPT_URL, server.url)
        try set(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        // Nothing of the environment of whoever started the process decides where mail goes.
        try set(curl, CURLOPT_PROXY, "")
        try set(curl, CURLOPT_NOPROXY, "")
        try check(gw_curl_set_long(curl, CURLOPT_NOSIGNAL, 1))
        try check(gw_curl_set_long(curl, CURLOPT_TIMEOUT_MS, Int(max(1, server.timeout.microseconds / 1_000))))
        try check(gw_curl_set_long(curl, CURLOPT_CONNECTTIMEOUT_MS, 10_000))
        // What CURLUSESSL_NONE and CURLUSESSL_ALL are: macros' values, invisible to Swift where they are enumerators.
        try check(gw_curl_set_long(curl, CURLOPT_USE_SSL, server.protection == .plain ? 0 : 3))
        try check(gw_curl_set_long(curl, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)))
        try check(gw_curl_set_long(curl, CURLOPT_SSL_VERIFYPEER, 1))
        try check(gw_curl_set_long(curl, CURLOPT_SSL_VERIFYHOST, 2))
        if let file = server.certificateAuthorityFile { try set(curl, CURLOPT_CAINFO, file) }
        guard let credentials = server.credentials else { return }
        try set(curl, CURLOPT_USERNAME, credentials.username)
        try set(curl, CURLOPT_PASSWORD, credentials.password.reveal())
    }

    private func set(_ curl: UnsafeMutableRawPointer, _ option: CURLoption, _ text: String) throws(Fault) {
        try check(gw_curl_set_string(curl, option, text))
    }

    private func check(_ code: CURLcode) throws(Fault) {
        guard code == CURLE_OK else {
            throw Fault(
                "mail.option", .ourselves, "libcurl refused an option: \(String(cString: curl_easy_strerror(code))).")
        }
    }

    // MARK: Answers

    private func outcome(_ code: CURLcode, _ curl: UnsafeMutableRawPointer) -> MailSender.Outcome {
        if code == CURLE_OK { return .taken }
        var answer = 0
        guard gw_curl_get_long(curl, CURLINFO_RESPONSE_CODE, &answer) == CURLE_OK else { return .failed(fault(code)) }
        // RFC 5321 §4.2.1: 5yz is for good. A refused sign-in is not the message's fault.
        let isOfMessage = [CURLE_SEND_ERROR, CURLE_WEIRD_SERVER_REPLY, CURLE_QUOTE_ERROR, CURLE_UPLOAD_FAILED]
            .contains(code)
        return (500..<600).contains(answer) && isOfMessage && answer != 530 && answer != 535
            ? .refused(code: answer) : .failed(fault(code))
    }

    /// The server's own words are left out: they may repeat a recipient.
    private func fault(_ code: CURLcode) -> Fault {
        let host = server.host
        return switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT:
            Fault("mail.unreachable", .peer, "The mail server \(host) cannot be reached.")
        case CURLE_OPERATION_TIMEDOUT: Fault("mail.timeout", .peer, "The mail server \(host) did not answer in time.")
        case CURLE_LOGIN_DENIED:
            Fault("mail.authentication", .peer, "The mail server \(host) refuses our name and password.")
        case CURLE_USE_SSL_FAILED:
            Fault("mail.tls", .peer, "The mail server \(host) does not offer STARTTLS, and gets nothing without it.")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE:
            Fault("mail.tls", .peer, "TLS with the mail server \(host) failed: its certificate is not trusted.")
        default:
            Fault(
                "mail.failed", .peer,
                "The mail server \(host) did not take it: \(String(cString: curl_easy_strerror(code))).")
        }
    }
}
