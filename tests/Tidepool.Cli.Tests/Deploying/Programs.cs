using System.Diagnostics;

namespace Tidepool.Cli.Tests.Deploying;

/// <summary>Programs of a test on the PATH, in the place of docker and Terraform.</summary>
internal static class Programs
{
    /// <summary>
    /// A docker for machines where no engine and no registry can be had. It notes its arguments and what it reads, and tells the registry's
    /// own API of a pushed image, as an engine's push would. <c>FAKES/push-refused</c> refuses, <c>FAKES/build-fails</c> and
    /// <c>FAKES/login-fails</c> hold what it says before it ends with 1, and with <c>FAKES/build-hangs</c> a build waits for a signal.
    /// </summary>
    public const string Docker = """
        #!/bin/bash
        echo "docker $*" >> "$FAKES/calls"
        case $1 in
          version) echo "28.2.2 linux/arm64" ;;
          buildx) echo "Platforms: linux/arm64, linux/amd64" ;;
          login)
            if [ -e "$FAKES/login-fails" ]; then cat > /dev/null; cat "$FAKES/login-fails" >&2; exit 1; fi
            echo "login with $(cat) in $(stat -c %a "$DOCKER_CONFIG")" >> "$FAKES/calls"; echo "$DOCKER_CONFIG" > "$FAKES/docker-config" ;;
          build)
            if [ -e "$FAKES/build-fails" ]; then cat "$FAKES/build-fails" >&2; exit 1; fi
            echo "#1 [tools 2/3] RUN packages"
            echo "#1 0.311 fetching"
            if [ -e "$FAKES/build-hangs" ]; then
              trap 'echo "docker interrupted" >> "$FAKES/calls"; exit 130' INT
              touch "$FAKES/hanging"
              for _ in {1..1200}; do sleep 0.05; done
            fi ;;
          push)
            if [ -e "$FAKES/push-refused" ]; then
              echo "denied: User: arn:aws:iam::123456789012:user/me is not authorized to perform: ecr:InitiateLayerUpload" >&2
              exit 1
            fi
            name=${2#*/}
            curl -sS -f -o /dev/null -X POST "$AWS_ENDPOINT_URL/" -H 'Content-Type: application/x-amz-json-1.1' \
              -H 'X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.PutImage' \
              -H 'Authorization: AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/ecr/aws4_request, SignedHeaders=host, Signature=0' \
              -d "{\"repositoryName\":\"${name%:*}\",\"imageTag\":\"${name##*:}\",\"imageManifest\":\"{\\\"schemaVersion\\\":2,\\\"mediaType\\\":\\\"application/vnd.oci.image.manifest.v1+json\\\",\\\"config\\\":{\\\"digest\\\":\\\"sha256:${name##*:}\\\"},\\\"layers\\\":[]}\"}" ;;
        esac
        """;

    /// <summary>
    /// A Terraform that says what a test has it say: <c>FAKES/N-COMMAND.fails</c> holds what its Nth run of a command writes before it ends
    /// with 1, <c>FAKES/N-COMMAND.hangs</c> lets that run wait for SIGINT. Its outputs are <c>FAKES/outputs.json</c>, its state <c>FAKES/state</c>.
    /// </summary>
    public const string Terraform = """
        #!/bin/bash
        case $1 in
          version) echo '{"terraform_version":"1.11.4"}'; exit ;;
          output) cat "$FAKES/outputs.json"; exit ;;
          state) cat "$FAKES/state"; exit ;;
        esac
        echo "terraform $*" >> "$FAKES/calls"
        n=$(grep -c "^terraform $1" "$FAKES/calls")
        [ ! -e tidepool.auto.tfvars.json ] || cp tidepool.auto.tfvars.json "$FAKES/settings-$n-$1"
        if [ -e "$FAKES/$n-$1.fails" ]; then cat "$FAKES/$n-$1.fails"; exit 1; fi
        if [ -e "$FAKES/$n-$1.hangs" ]; then
          trap 'echo "terraform interrupted" >> "$FAKES/calls"; sleep 0.3; echo "terraform wrote its state" >> "$FAKES/calls"; exit 1' INT
          touch "$FAKES/hanging"
          for _ in {1..1200}; do sleep 0.05; done
        fi
        [ ! -e "$FAKES/outputs-$n.json" ] || cp "$FAKES/outputs-$n.json" "$FAKES/outputs.json"
        echo '{"type":"apply_complete","hook":{"resource":{"addr":"aws_ecs_service.agents"},"action":"create","elapsed_seconds":3}}'
        echo '{"type":"change_summary","changes":{"add":1,"change":0,"remove":0,"operation":"apply"}}'
        """;

    /// <summary>Writes programs to a folder. A shell does it, so that no child of this process holds them open for writing.</summary>
    public static async Task WriteAsync(string folder, params (string Name, string Text)[] programs)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, text) in programs)
        {
            var start = new ProcessStartInfo("/bin/sh", ["-c", $"cat > '{folder}/{name}' && chmod 500 '{folder}/{name}'"]) { RedirectStandardInput = true };
            using var shell = Process.Start(start)!;
            await shell.StandardInput.WriteAsync(text);
            shell.StandardInput.Close();
            await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, shell.ExitCode);
        }
    }
}
