package archive

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// upload puts a file into a bucket, unless it is there, and tells where it is.
func (k *Keeper) upload(ctx context.Context, place, name, file string) (string, error) {
	client, err := k.open()
	if err != nil {
		return "", err
	}
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(place, "s3://"), "/")
	key := path.Join(prefix, name[:2], name)
	if _, err := client.FPutObject(ctx, bucket, key, file, minio.PutObjectOptions{ContentType: "application/octet-stream"}); err != nil {
		return "", fmt.Errorf("store in bucket %s: %w", bucket, err)
	}
	return "s3://" + bucket + "/" + key, nil
}

// open connects to the service that AWS' own variables name.
func (k *Keeper) open() (*minio.Client, error) {
	endpoint := k.Getenv("AWS_ENDPOINT_URL_S3")
	if endpoint == "" {
		endpoint = k.Getenv("AWS_ENDPOINT_URL")
	}
	if endpoint == "" {
		endpoint = "https://s3.amazonaws.com"
	}
	to, err := url.Parse(endpoint)
	if err != nil || to.Host == "" {
		return nil, errors.New("AWS_ENDPOINT_URL is no URL")
	}
	keys := credentials.NewStaticV4(k.Getenv("AWS_ACCESS_KEY_ID"), k.Getenv("AWS_SECRET_ACCESS_KEY"), k.Getenv("AWS_SESSION_TOKEN"))
	return minio.New(to.Host, &minio.Options{Creds: keys, Secure: to.Scheme == "https", Region: k.Getenv("AWS_REGION")})
}
