import Gateway
import HTTPTypes
import Hummingbird
import Identity
import Vocabulary

extension AdminConsole {
    /// Whether a page offers the way to `/admin`: whoever a role gives one of its sections, be it after a second factor.
    func isOffered(to person: AccountCall) async throws -> Bool {
        let call = AdminCall(account: person, gateway: gateway, parameters: [:], place: "/")
        for section in sections where try await isOffered(section, call) { return true }
        return false
    }

    /// By what roles give, not by a decision: the menu is on every page, and each page decides for itself.
    func isOffered(_ section: AdminSection, _ call: AdminCall) async throws -> Bool {
        if let capability = section.capability, !gateway.offers(capability) { return false }
        var permissions = section.keepers.map { RolePermission(action: $0.action, resourceType: $0.type) }
        if case .permission(let action, let type) = section.access {
            permissions.append(RolePermission(action: action, resourceType: type))
        }
        let subject = Subject.person(call.account.person.id)
        if try await gateway.roles.gives(anyOf: permissions, to: subject, in: call.tenant) { return true }
        return try await section.isOffered?(call) ?? false
    }

    /// The page inside the console: navigation, breadcrumb, tokens of its forms.
    func present(
        _ page: AdminPage, in section: AdminSection?, _ call: AdminCall, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        var page = page
        page.base = call.account.call.path("/admin")
        page.menu = try await menu(current: section, call)
        page.refusal = call.refused?.refusal
        try page.seal { try call.account.token(AdminCall.purpose($0)) }
        return try account.pages.response(page, status: status, person: call.account.header())
    }

    private func menu(current: AdminSection?, _ call: AdminCall) async throws -> AdminMenu {
        var menu = AdminMenu(current: current?.title ?? AdminMenu.overview)
        for chapter in AdminSection.Chapter.allCases {
            var entries: [AdminMenu.Entry] = []
            for section in sections where section.chapter == chapter {
                // Where one is, the navigation says so, though nothing waits there any more.
                let isCurrent = section.slug == current?.slug
                if !isCurrent { guard try await isOffered(section, call) else { continue } }
                entries.append(.init(label: section.title, path: section.path, isCurrent: isCurrent))
            }
            if !entries.isEmpty { menu.chapters.append(.init(name: chapter.rawValue, entries: entries)) }
        }
        return menu
    }
}
