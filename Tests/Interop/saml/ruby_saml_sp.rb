# ruby-saml as a service provider, one step a run: reads a JSON object from standard input, answers one. The steps and what
# they take are those of python3_saml_sp.py; what ruby-saml does not believe ends the run with its words for it.
require "cgi"
require "json"
require "logger"
require "onelogin/ruby-saml"

# It writes to standard output, where the answer goes.
OneLogin::RubySaml::Logging.logger = Logger.new($stderr, level: Logger::WARN)
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"

def settings(job)
  found =
    if job["peer"]
      OneLogin::RubySaml::IdpMetadataParser.new.parse(job["peer"])
    else
      OneLogin::RubySaml::Settings.new
    end
  wants = job.fetch("wants", "either")
  found.soft = false
  found.sp_entity_id = job["entity"]
  found.assertion_consumer_service_url = job["acs"]
  found.single_logout_service_url = job["slo"]
  found.name_identifier_format = job.fetch("format", PERSISTENT)
  found.private_key = File.read(job["key"])
  found.certificate = File.read(job["certificate"])
  found.force_authn = job["force"] ? true : nil
  found.passive = job["passive"] ? true : nil
  found.security[:authn_requests_signed] = job.fetch("signed", job.fetch("signs_requests", true))
  found.security[:logout_requests_signed] = true
  found.security[:logout_responses_signed] = true
  # Its metadata have a key to encrypt to only then.
  found.security[:want_assertions_encrypted] = wants == "either"
  found.security[:want_assertions_signed] = ["assertion", "both"].include?(wants)
  found.security[:strict_audience_validation] = true
  found.security[:embed_sign] = job["binding"] == "post"
  found.compress_request = job["binding"] != "post"
  found.security[:digest_method] = XMLSecurity::Document::SHA256
  found.security[:signature_method] = XMLSecurity::Document::RSA_SHA256
  found
end

def metadata(job)
  { metadata: OneLogin::RubySaml::Metadata.new.generate(settings(job)) }
end

def request(job)
  asked = OneLogin::RubySaml::Authrequest.new
  state = job.fetch("relay_state", "a-state")
  given = settings(job)
  if job["binding"] == "post"
    fields = asked.create_params(given, RelayState: state)
    return { url: given.idp_sso_service_url, request: asked.uuid, fields: fields.map { |name, value| [name.to_s, value] } }
  end
  { url: asked.create(given, RelayState: state), request: asked.uuid }
end

def consume(job)
  response = OneLogin::RubySaml::Response.new(
    job["fields"]["SAMLResponse"], settings: settings(job), matches_request_id: job["request"], allowed_clock_drift: 10)
  raise "not believed: #{response.errors}" unless response.is_valid?
  attributes = response.attributes.all.to_h { |name, values| [name, values.compact] }
  {
    name: response.name_id, format: response.name_id_format, attributes: attributes,
    context: REXML::XPath.first(
      response.decrypted_document || response.document, "//a:AuthnContextClassRef",
      "a" => "urn:oasis:names:tc:SAML:2.0:assertion")&.text,
    session: { name: response.name_id, format: response.name_id_format, index: response.sessionindex,
               qualifier: response.name_id_namequalifier, sp_qualifier: response.name_id_spnamequalifier } }
end

def logged_in(job)
  held = job["session"]
  found = settings(job)
  found.name_identifier_value = held["name"]
  found.name_identifier_format = held["format"]
  found.sessionindex = held["index"]
  found.idp_name_qualifier = held["qualifier"]
  found.sp_name_qualifier = held["sp_qualifier"]
  found
end

def logout(job)
  asked = OneLogin::RubySaml::Logoutrequest.new
  { url: asked.create(logged_in(job), RelayState: job.fetch("relay_state", "a-state")), request: asked.uuid }
end

# The octets that were signed, as they came.
def raw(query)
  query.split("&").to_h { |pair| pair.split("=", 2) }
end

def logout_done(job)
  given = CGI.parse(job["query"]).transform_values(&:first)
  answer = OneLogin::RubySaml::Logoutresponse.new(
    given["SAMLResponse"], settings(job), matches_request_id: job["request"], get_params: given,
    raw_get_params: raw(job["query"]))
  raise "not believed: #{answer.errors}" unless answer.validate
  {}
end

def logout_answer(job)
  given = CGI.parse(job["query"]).transform_values(&:first)
  asked = OneLogin::RubySaml::SloLogoutrequest.new(
    given["SAMLRequest"], settings: settings(job), get_params: given, raw_get_params: raw(job["query"]))
  raise "not believed: #{asked.errors}" unless asked.is_valid?
  held = job["session"]
  raise "not the session that was given" unless asked.name_id == held["name"] && asked.session_indexes == [held["index"]]
  answer = OneLogin::RubySaml::SloLogoutresponse.new
  { url: answer.create(settings(job), asked.id, nil, RelayState: given["RelayState"].to_s) }
end

job = JSON.parse($stdin.read)
steps = %w[metadata request consume logout logout_done logout_answer]
raise "no step #{job['step']}" unless steps.include?(job["step"])
puts JSON.generate(send(job["step"], job))
