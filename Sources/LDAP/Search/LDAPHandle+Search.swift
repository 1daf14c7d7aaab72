import CLDAP
import Glibc

extension LDAPHandle {
    /// One page of a search.
    struct Page: Sendable {
        var entries: [LDAPEntry] = []
        var bytes = 0
        var referrals = 0
        var estimatedTotal = 0
        /// What the server wants back for the next page; empty after the last.
        var cookie: [UInt8] = []
    }

    /// What is left of a search's limits.
    struct Allowance: Sendable {
        var entries: Int
        var bytes: Int
    }

    /// Fetches one page, completing attributes the server sent by ranges. `cookie` is nil for a search without pages.
    func page(
        _ request: SearchRequest, cookie: [UInt8]?, _ allowance: Allowance, _ cancellation: CancellationFlag
    ) throws(LDAPError) -> Page {
        var page = try rawPage(request, cookie: cookie, allowance, cancellation)
        try completeRanges(&page, allowance, cancellation)
        return page
    }

    /// Fetches one page as the server sends it.
    func rawPage(
        _ request: SearchRequest, cookie: [UInt8]?, _ allowance: Allowance, _ cancellation: CancellationFlag
    ) throws(LDAPError) -> Page {
        let handle = try open(cancellation)
        let deadline = deadline(configuration.operationTimeout)
        let id = try sendSearch(handle, request, cookie, allowance, deadline, cancellation)
        var page = Page()
        // How far each wait may go moves with the answers: a slow dump that makes progress is not a silent server.
        var patience = deadline
        while true {
            let message = try receive(id, .search, patience, cancellation)
            switch UInt32(bitPattern: ldap_msgtype(message)) {
            case UInt32(LDAP_RES_SEARCH_ENTRY):
                let entry = decode(handle, message)
                ldap_msgfree(message)
                try add(entry, to: &page, allowance, id)
                if page.entries.count.isMultiple(of: 64) { patience = self.deadline(configuration.operationTimeout) }
            case UInt32(LDAP_RES_SEARCH_REFERENCE):
                ldap_msgfree(message)
                page.referrals += 1
            case UInt32(LDAP_RES_SEARCH_RESULT):
                try finish(&page, try parse(message), isPaged: cookie != nil)
                return page
            default:
                ldap_msgfree(message)
            }
        }
    }

    private func add(_ entry: LDAPEntry?, to page: inout Page, _ allowance: Allowance, _ id: Int32) throws(LDAPError) {
        guard let entry else {
            close()
            throw .malformedAnswer("an entry could not be read")
        }
        page.bytes += entry.byteCount + entry.dn.utf8.count
        page.entries.append(entry)
        guard page.entries.count <= allowance.entries else { throw abandon(id, .entries) }
        guard page.bytes <= allowance.bytes else { throw abandon(id, .bytes) }
    }

    private func abandon(_ id: Int32, _ limit: LDAPError.Limit) -> LDAPError {
        if let pointer, ldap_abandon_ext(pointer, id, nil, nil) != LDAP_SUCCESS { close() }
        return .limitExceeded(limit)
    }

    private func sendSearch(
        _ handle: OpaquePointer, _ request: SearchRequest, _ cookie: [UInt8]?, _ allowance: Allowance,
        _ deadline: ContinuousClock.Instant, _ cancellation: CancellationFlag
    ) throws(LDAPError) -> Int32 {
        var control: UnsafeMutablePointer<LDAPControl>?
        if let cookie {
            control = try pageControl(handle, request.limits.pageSize, cookie)
        }
        defer { if let control { ldap_control_free(control) } }
        var attributes: [UnsafeMutablePointer<CChar>?] = request.attributes.map { strdup($0) } + [nil]
        defer { attributes.forEach { free($0) } }
        var controls: [UnsafeMutablePointer<LDAPControl>?] = [control, nil]
        let scope: Int32 =
            switch request.scope {
            case .base: Int32(LDAP_SCOPE_BASE)
            case .oneLevel: Int32(LDAP_SCOPE_ONELEVEL)
            case .subtree: Int32(LDAP_SCOPE_SUBTREE)
            }
        // Without pages the server itself may stop one past our limit; with pages its limit would count them all.
        let sizeLimit = cookie == nil ? Int32(clamping: allowance.entries + 1) : 0
        return try send(.search, deadline, cancellation) { id in
            ldap_search_ext(
                handle, request.base, scope, request.filter, &attributes, 0, &controls, nil, nil, sizeLimit, &id)
        }
    }

    private func pageControl(
        _ handle: OpaquePointer, _ size: Int, _ cookie: [UInt8]
    ) throws(LDAPError) -> UnsafeMutablePointer<LDAPControl> {
        var control: UnsafeMutablePointer<LDAPControl>?
        var bytes = cookie.map { CChar(bitPattern: $0) } + [0]
        let status = bytes.withUnsafeMutableBufferPointer { buffer in
            var value = berval(bv_len: ber_len_t(cookie.count), bv_val: buffer.baseAddress)
            // Critical: a server that cannot page has to say so, rather than cut the answer short.
            return ldap_create_page_control(handle, ber_int_t(size), &value, 1, &control)
        }
        guard status == LDAP_SUCCESS, let control else { throw .invalidRequest("the page control cannot be made") }
        return control
    }

    private func finish(_ page: inout Page, _ result: Result, isPaged: Bool) throws(LDAPError) {
        guard result.code == LDAP_SUCCESS else {
            throw .failed(.init(rawValue: result.code), diagnostic: result.diagnostic)
        }
        guard isPaged else { return }
        // RFC 2696 §3: without the control nobody can say whether this was the last page.
        guard let control = result.controls.first(where: { $0.oid == LDAP_CONTROL_PAGEDRESULTS }),
            let answer = PagedResultsValue(control.value)
        else { throw .malformedAnswer("the server left out the paged results control") }
        page.cookie = answer.cookie
        page.estimatedTotal = answer.estimatedTotal
    }

    /// Reads an entry in place: the library's buffers are copied once, into the entry's own.
    private func decode(_ handle: OpaquePointer, _ message: OpaquePointer) -> LDAPEntry? {
        var ber: OpaquePointer?
        var name = berval()
        guard ldap_get_dn_ber(handle, message, &ber, &name) == LDAP_SUCCESS else { return nil }
        defer { if let ber { ber_free(ber, 0) } }
        var slots: [LDAPEntry.Slot] = []
        slots.reserveCapacity(12)
        var storage: [UInt8] = []
        storage.reserveCapacity(256)
        var hasRanges = false
        while true {
            var attribute = berval()
            var values: UnsafeMutablePointer<berval>?
            guard ldap_get_attribute_ber(handle, message, ber, &attribute, &values) == LDAP_SUCCESS else {
                return nil
            }
            guard attribute.bv_val != nil else { break }
            let label = names.label(Self.bytes(attribute))
            if label.isRanged { hasRanges = true }
            var next = values
            while let value = next?.pointee, value.bv_val != nil {
                let start = storage.count
                storage.append(contentsOf: Self.bytes(value))
                guard storage.count <= Int(UInt32.max) else { return nil }
                slots.append(.init(name: label.name, start: UInt32(start), end: UInt32(storage.count)))
                next = next?.advanced(by: 1)
            }
            if let values { ber_memfree(values) }
        }
        return LDAPEntry(
            dn: String(decoding: Self.bytes(name), as: UTF8.self), storage: storage, slots: slots, hasRanges: hasRanges)
    }

    private static func bytes(_ value: berval) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: value.bv_val, count: value.bv_val == nil ? 0 : Int(value.bv_len))
    }
}
