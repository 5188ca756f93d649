// Written by scripts/fix.py from the database. Do not edit.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      abuse_reports: {
        Row: {
          created_at: string;
          email: string | null;
          evidence_paths: string[];
          id: string;
          is_visitor: boolean;
          kind: Database["public"]["Enums"]["report_kind"];
          message: string;
          organization_id: string | null;
          outcome: Database["public"]["Enums"]["report_outcome"] | null;
          published_at: string | null;
          reporter_id: string | null;
          review_comment: string | null;
          reviewed_at: string | null;
          reviewed_by: string | null;
          unpublish_comment: string | null;
          unpublished_at: string | null;
          url: string | null;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          email?: string | null;
          evidence_paths: string[];
          id?: string;
          is_visitor: boolean;
          kind: Database["public"]["Enums"]["report_kind"];
          message: string;
          organization_id?: string | null;
          outcome?: Database["public"]["Enums"]["report_outcome"] | null;
          published_at?: string | null;
          reporter_id?: string | null;
          review_comment?: string | null;
          reviewed_at?: string | null;
          reviewed_by?: string | null;
          unpublish_comment?: string | null;
          unpublished_at?: string | null;
          url?: string | null;
        };
        Update: {
          created_at?: string;
          email?: string | null;
          evidence_paths?: string[];
          id?: string;
          is_visitor?: boolean;
          kind?: Database["public"]["Enums"]["report_kind"];
          message?: string;
          organization_id?: string | null;
          outcome?: Database["public"]["Enums"]["report_outcome"] | null;
          published_at?: string | null;
          reporter_id?: string | null;
          review_comment?: string | null;
          reviewed_at?: string | null;
          reviewed_by?: string | null;
          unpublish_comment?: string | null;
          unpublished_at?: string | null;
          url?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "abuse_reports_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "abuse_reports_reporter_id_fkey";
            columns: ["reporter_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "abuse_reports_reviewed_by_fkey";
            columns: ["reviewed_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      admin_actions: {
        Row: {
          action: string;
          admin_id: string;
          detail: NonNullable<Json>;
          id: string;
          occurred_at: string;
          organization_id: string | null;
          subject: string | null;
        };
        ComputedFields: never;
        Insert: {
          action: string;
          admin_id: string;
          detail?: NonNullable<Json>;
          id?: string;
          occurred_at?: string;
          organization_id?: string | null;
          subject?: string | null;
        };
        Update: {
          action?: string;
          admin_id?: string;
          detail?: NonNullable<Json>;
          id?: string;
          occurred_at?: string;
          organization_id?: string | null;
          subject?: string | null;
        };
        Relationships: [];
      };
      billing_notices: {
        Row: {
          days: number;
          due_at: string;
          kind: string;
          noticed_at: string;
          subscription_id: string;
        };
        ComputedFields: never;
        Insert: {
          days: number;
          due_at: string;
          kind: string;
          noticed_at: string;
          subscription_id: string;
        };
        Update: {
          days?: number;
          due_at?: string;
          kind?: string;
          noticed_at?: string;
          subscription_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "billing_notices_kind_fkey";
            columns: ["kind"];
            isOneToOne: false;
            referencedRelation: "notification_kinds";
            referencedColumns: ["kind"];
          },
          {
            foreignKeyName: "billing_notices_subscription_id_fkey";
            columns: ["subscription_id"];
            isOneToOne: false;
            referencedRelation: "subscriptions";
            referencedColumns: ["id"];
          },
        ];
      };
      consents: {
        Row: {
          given_at: string;
          id: string;
          organization_id: string | null;
          page_key: Database["public"]["Enums"]["platform_page_key"];
          user_id: string | null;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          given_at?: string;
          id?: string;
          organization_id?: string | null;
          page_key: Database["public"]["Enums"]["platform_page_key"];
          user_id?: string | null;
          version: number;
        };
        Update: {
          given_at?: string;
          id?: string;
          organization_id?: string | null;
          page_key?: Database["public"]["Enums"]["platform_page_key"];
          user_id?: string | null;
          version?: number;
        };
        Relationships: [
          {
            foreignKeyName: "consents_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "consents_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      email_outbox: {
        Row: {
          attempts: number;
          created_at: string;
          data: NonNullable<Json>;
          error: string | null;
          id: string;
          kind: string;
          lease_id: string | null;
          locale: string;
          next_attempt_at: string | null;
          organization_id: string | null;
          sent_at: string | null;
          status: string;
          time_zone: string;
          to_address: string;
          unsubscribe_token: string | null;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          attempts?: number;
          created_at?: string;
          data: NonNullable<Json>;
          error?: string | null;
          id?: string;
          kind: string;
          lease_id?: string | null;
          locale: string;
          next_attempt_at?: string | null;
          organization_id?: string | null;
          sent_at?: string | null;
          status?: string;
          time_zone?: string;
          to_address: string;
          unsubscribe_token?: string | null;
          user_id?: string | null;
        };
        Update: {
          attempts?: number;
          created_at?: string;
          data?: NonNullable<Json>;
          error?: string | null;
          id?: string;
          kind?: string;
          lease_id?: string | null;
          locale?: string;
          next_attempt_at?: string | null;
          organization_id?: string | null;
          sent_at?: string | null;
          status?: string;
          time_zone?: string;
          to_address?: string;
          unsubscribe_token?: string | null;
          user_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "email_outbox_kind_fkey";
            columns: ["kind"];
            isOneToOne: false;
            referencedRelation: "notification_kinds";
            referencedColumns: ["kind"];
          },
          {
            foreignKeyName: "email_outbox_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      evidence_files: {
        Row: {
          bytes: number;
          content_type: string;
          name: string | null;
          organization_id: string | null;
          path: string;
          sha256: string;
          uploaded_by: string | null;
          validated_at: string;
        };
        ComputedFields: never;
        Insert: {
          bytes: number;
          content_type: string;
          name?: string | null;
          organization_id?: string | null;
          path: string;
          sha256: string;
          uploaded_by?: string | null;
          validated_at?: string;
        };
        Update: {
          bytes?: number;
          content_type?: string;
          name?: string | null;
          organization_id?: string | null;
          path?: string;
          sha256?: string;
          uploaded_by?: string | null;
          validated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "evidence_files_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "evidence_files_uploaded_by_fkey";
            columns: ["uploaded_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      fiscal_receipts: {
        Row: {
          amount: number;
          created_at: string;
          fiscal_attribute: string;
          fiscal_document_number: string;
          fiscal_storage_number: string;
          id: string;
          kind: string;
          organization_id: string;
          refund_id: string | null;
          registered_at: string;
          transaction_id: string;
          yookassa_receipt_id: string;
        };
        ComputedFields: never;
        Insert: {
          amount: number;
          created_at?: string;
          fiscal_attribute: string;
          fiscal_document_number: string;
          fiscal_storage_number: string;
          id?: string;
          kind: string;
          organization_id: string;
          refund_id?: string | null;
          registered_at: string;
          transaction_id: string;
          yookassa_receipt_id: string;
        };
        Update: {
          amount?: number;
          created_at?: string;
          fiscal_attribute?: string;
          fiscal_document_number?: string;
          fiscal_storage_number?: string;
          id?: string;
          kind?: string;
          organization_id?: string;
          refund_id?: string | null;
          registered_at?: string;
          transaction_id?: string;
          yookassa_receipt_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "fiscal_receipts_refund_id_fkey";
            columns: ["refund_id"];
            isOneToOne: false;
            referencedRelation: "payment_refunds";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "fiscal_receipts_transaction_id_fkey";
            columns: ["transaction_id"];
            isOneToOne: false;
            referencedRelation: "payment_transactions";
            referencedColumns: ["id"];
          },
        ];
      };
      job_runs: {
        Row: {
          as_of: string;
          error: string | null;
          finished_at: string | null;
          id: string;
          job: string;
          started_at: string;
          status: string;
          summary: Json | null;
        };
        ComputedFields: never;
        Insert: {
          as_of?: string;
          error?: string | null;
          finished_at?: string | null;
          id?: string;
          job: string;
          started_at?: string;
          status?: string;
          summary?: Json | null;
        };
        Update: {
          as_of?: string;
          error?: string | null;
          finished_at?: string | null;
          id?: string;
          job?: string;
          started_at?: string;
          status?: string;
          summary?: Json | null;
        };
        Relationships: [];
      };
      level_c_criteria: {
        Row: {
          is_active: boolean;
          key: string;
          position: number;
          required: number;
          window_days: number | null;
        };
        ComputedFields: never;
        Insert: {
          is_active?: boolean;
          key: string;
          position?: number;
          required: number;
          window_days?: number | null;
        };
        Update: {
          is_active?: boolean;
          key?: string;
          position?: number;
          required?: number;
          window_days?: number | null;
        };
        Relationships: [];
      };
      name_change_requests: {
        Row: {
          created_at: string;
          evidence_paths: string[];
          id: string;
          legal_name: string | null;
          message: string;
          name: string;
          organization_id: string;
          requested_by: string | null;
          review_comment: string | null;
          reviewed_at: string | null;
          reviewed_by: string | null;
          status: Database["public"]["Enums"]["name_change_status"];
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          evidence_paths: string[];
          id?: string;
          legal_name?: string | null;
          message: string;
          name: string;
          organization_id: string;
          requested_by?: string | null;
          review_comment?: string | null;
          reviewed_at?: string | null;
          reviewed_by?: string | null;
          status?: Database["public"]["Enums"]["name_change_status"];
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          evidence_paths?: string[];
          id?: string;
          legal_name?: string | null;
          message?: string;
          name?: string;
          organization_id?: string;
          requested_by?: string | null;
          review_comment?: string | null;
          reviewed_at?: string | null;
          reviewed_by?: string | null;
          status?: Database["public"]["Enums"]["name_change_status"];
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "name_change_requests_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "name_change_requests_requested_by_fkey";
            columns: ["requested_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "name_change_requests_reviewed_by_fkey";
            columns: ["reviewed_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      notification_kinds: {
        Row: {
          is_essential: boolean;
          kind: string;
          minimum_role: Database["public"]["Enums"]["organization_role"];
          position: number;
        };
        ComputedFields: never;
        Insert: {
          is_essential: boolean;
          kind: string;
          minimum_role?: Database["public"]["Enums"]["organization_role"];
          position: number;
        };
        Update: {
          is_essential?: boolean;
          kind?: string;
          minimum_role?: Database["public"]["Enums"]["organization_role"];
          position?: number;
        };
        Relationships: [];
      };
      notification_settings: {
        Row: {
          by_email: boolean;
          in_app: boolean;
          kind: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          by_email?: boolean;
          in_app?: boolean;
          kind: string;
          user_id: string;
        };
        Update: {
          by_email?: boolean;
          in_app?: boolean;
          kind?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "notification_settings_kind_fkey";
            columns: ["kind"];
            isOneToOne: false;
            referencedRelation: "notification_kinds";
            referencedColumns: ["kind"];
          },
          {
            foreignKeyName: "notification_settings_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      notifications: {
        Row: {
          created_at: string;
          data: NonNullable<Json>;
          id: number;
          is_shown: boolean;
          is_to_be_mailed: boolean;
          kind: string;
          organization_id: string | null;
          read_at: string | null;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          data?: NonNullable<Json>;
          id?: never;
          is_shown?: boolean;
          is_to_be_mailed?: boolean;
          kind: string;
          organization_id?: string | null;
          read_at?: string | null;
          user_id: string;
        };
        Update: {
          created_at?: string;
          data?: NonNullable<Json>;
          id?: never;
          is_shown?: boolean;
          is_to_be_mailed?: boolean;
          kind?: string;
          organization_id?: string | null;
          read_at?: string | null;
          user_id?: string;
        };
        Relationships: [];
      };
      organization_claims: {
        Row: {
          claimant_id: string | null;
          created_at: string;
          evidence_paths: string[];
          id: string;
          inn: string;
          legal_name: string;
          message: string;
          organization_id: string;
          outcome: string | null;
          review_comment: string | null;
          reviewed_at: string | null;
          reviewed_by: string | null;
          status: Database["public"]["Enums"]["claim_status"];
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          claimant_id?: string | null;
          created_at?: string;
          evidence_paths: string[];
          id?: string;
          inn: string;
          legal_name: string;
          message: string;
          organization_id: string;
          outcome?: string | null;
          review_comment?: string | null;
          reviewed_at?: string | null;
          reviewed_by?: string | null;
          status?: Database["public"]["Enums"]["claim_status"];
          updated_at?: string;
        };
        Update: {
          claimant_id?: string | null;
          created_at?: string;
          evidence_paths?: string[];
          id?: string;
          inn?: string;
          legal_name?: string;
          message?: string;
          organization_id?: string;
          outcome?: string | null;
          review_comment?: string | null;
          reviewed_at?: string | null;
          reviewed_by?: string | null;
          status?: Database["public"]["Enums"]["claim_status"];
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "organization_claims_claimant_id_fkey";
            columns: ["claimant_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_claims_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_claims_reviewed_by_fkey";
            columns: ["reviewed_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      organization_invitations: {
        Row: {
          accepted_at: string | null;
          created_at: string;
          email: string;
          email_state: string;
          expires_at: string;
          id: string;
          invited_by: string | null;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          token_hash: string;
        };
        ComputedFields: never;
        Insert: {
          accepted_at?: string | null;
          created_at?: string;
          email: string;
          email_state?: string;
          expires_at: string;
          id?: string;
          invited_by?: string | null;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          token_hash: string;
        };
        Update: {
          accepted_at?: string | null;
          created_at?: string;
          email?: string;
          email_state?: string;
          expires_at?: string;
          id?: string;
          invited_by?: string | null;
          organization_id?: string;
          role?: Database["public"]["Enums"]["organization_role"];
          token_hash?: string;
        };
        Relationships: [
          {
            foreignKeyName: "organization_invitations_invited_by_fkey";
            columns: ["invited_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_invitations_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      organization_members: {
        Row: {
          joined_at: string;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          joined_at?: string;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          user_id: string;
        };
        Update: {
          joined_at?: string;
          organization_id?: string;
          role?: Database["public"]["Enums"]["organization_role"];
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "organization_members_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_members_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      organization_settings: {
        Row: {
          billing_email: string | null;
          created_at: string;
          organization_id: string;
          shared_at: string | null;
          time_zone: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          billing_email?: string | null;
          created_at?: string;
          organization_id: string;
          shared_at?: string | null;
          time_zone?: string;
          updated_at?: string;
        };
        Update: {
          billing_email?: string | null;
          created_at?: string;
          organization_id?: string;
          shared_at?: string | null;
          time_zone?: string;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "organization_settings_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: true;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      organization_status_levels: {
        Row: {
          granted_at: string;
          granted_by: string | null;
          granted_until: string | null;
          id: string;
          is_active: boolean;
          level: Database["public"]["Enums"]["status_level"];
          notes: string | null;
          organization_id: string;
          revoke_reason: string | null;
          revoked_at: string | null;
          revoked_by: string | null;
          subscription_id: string | null;
          valid_from: string;
          valid_until: string | null;
        };
        ComputedFields: never;
        Insert: {
          granted_at?: string;
          granted_by?: string | null;
          granted_until?: string | null;
          id?: string;
          is_active?: boolean;
          level: Database["public"]["Enums"]["status_level"];
          notes?: string | null;
          organization_id: string;
          revoke_reason?: string | null;
          revoked_at?: string | null;
          revoked_by?: string | null;
          subscription_id?: string | null;
          valid_from?: string;
          valid_until?: string | null;
        };
        Update: {
          granted_at?: string;
          granted_by?: string | null;
          granted_until?: string | null;
          id?: string;
          is_active?: boolean;
          level?: Database["public"]["Enums"]["status_level"];
          notes?: string | null;
          organization_id?: string;
          revoke_reason?: string | null;
          revoked_at?: string | null;
          revoked_by?: string | null;
          subscription_id?: string | null;
          valid_from?: string;
          valid_until?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "organization_status_levels_granted_by_fkey";
            columns: ["granted_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_status_levels_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_status_levels_revoked_by_fkey";
            columns: ["revoked_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_status_levels_subscription_id_fkey";
            columns: ["subscription_id"];
            isOneToOne: false;
            referencedRelation: "subscriptions";
            referencedColumns: ["id"];
          },
        ];
      };
      organizations: {
        Row: {
          category: string | null;
          contacts: Json | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          deletion_requested_at: string | null;
          description: string | null;
          first_level_at: string | null;
          id: string;
          inn: string | null;
          inn_freed_at: string | null;
          is_published: boolean;
          legal_name: string | null;
          logo_path: string | null;
          masked_inn: string | null;
          name: string;
          region: string | null;
          release_noticed_at: string | null;
          released_at: string | null;
          slug: string;
          updated_at: string;
          was_published: boolean | null;
          website_url: string | null;
        };
        ComputedFields: never;
        Insert: {
          category?: string | null;
          contacts?: Json | null;
          created_at?: string;
          created_by?: string | null;
          deleted_at?: string | null;
          deletion_requested_at?: string | null;
          description?: string | null;
          first_level_at?: string | null;
          id?: string;
          inn?: string | null;
          inn_freed_at?: string | null;
          is_published?: boolean;
          legal_name?: string | null;
          logo_path?: string | null;
          masked_inn?: string | null;
          name: string;
          region?: string | null;
          release_noticed_at?: string | null;
          released_at?: string | null;
          slug: string;
          updated_at?: string;
          was_published?: boolean | null;
          website_url?: string | null;
        };
        Update: {
          category?: string | null;
          contacts?: Json | null;
          created_at?: string;
          created_by?: string | null;
          deleted_at?: string | null;
          deletion_requested_at?: string | null;
          description?: string | null;
          first_level_at?: string | null;
          id?: string;
          inn?: string | null;
          inn_freed_at?: string | null;
          is_published?: boolean;
          legal_name?: string | null;
          logo_path?: string | null;
          masked_inn?: string | null;
          name?: string;
          region?: string | null;
          release_noticed_at?: string | null;
          released_at?: string | null;
          slug?: string;
          updated_at?: string;
          was_published?: boolean | null;
          website_url?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "organizations_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      payment_differences: {
        Row: {
          detail: NonNullable<Json>;
          found_at: string;
          id: string;
          kind: string;
          last_seen_at: string;
          object_id: string;
          resolution: string | null;
          resolved_at: string | null;
          resolved_by: string | null;
        };
        ComputedFields: never;
        Insert: {
          detail: NonNullable<Json>;
          found_at: string;
          id?: string;
          kind: string;
          last_seen_at: string;
          object_id: string;
          resolution?: string | null;
          resolved_at?: string | null;
          resolved_by?: string | null;
        };
        Update: {
          detail?: NonNullable<Json>;
          found_at?: string;
          id?: string;
          kind?: string;
          last_seen_at?: string;
          object_id?: string;
          resolution?: string | null;
          resolved_at?: string | null;
          resolved_by?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "payment_differences_resolved_by_fkey";
            columns: ["resolved_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      payment_methods: {
        Row: {
          card_last4: string | null;
          card_type: string | null;
          created_at: string;
          expires_at: string | null;
          id: string;
          organization_id: string;
          refused_at: string | null;
          revoked_at: string | null;
          revoked_by: string | null;
          title: string | null;
          type: string;
          updated_at: string;
          yookassa_payment_method_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          card_last4?: string | null;
          card_type?: string | null;
          created_at?: string;
          expires_at?: string | null;
          id?: string;
          organization_id: string;
          refused_at?: string | null;
          revoked_at?: string | null;
          revoked_by?: string | null;
          title?: string | null;
          type: string;
          updated_at?: string;
          yookassa_payment_method_id?: string | null;
        };
        Update: {
          card_last4?: string | null;
          card_type?: string | null;
          created_at?: string;
          expires_at?: string | null;
          id?: string;
          organization_id?: string;
          refused_at?: string | null;
          revoked_at?: string | null;
          revoked_by?: string | null;
          title?: string | null;
          type?: string;
          updated_at?: string;
          yookassa_payment_method_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "payment_methods_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      payment_refunds: {
        Row: {
          amount: number;
          attempt: number;
          cancellation_reason: string | null;
          checks: number;
          created_at: string;
          created_by: string | null;
          currency: string;
          id: string;
          idempotence_key: string;
          next_check_at: string | null;
          organization_id: string;
          reason: string;
          receipt_registration: string | null;
          request_body: string | null;
          retry_at: string | null;
          status: string;
          transaction_id: string;
          updated_at: string;
          yookassa_refund_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          amount: number;
          attempt?: number;
          cancellation_reason?: string | null;
          checks?: number;
          created_at?: string;
          created_by?: string | null;
          currency?: string;
          id?: string;
          idempotence_key: string;
          next_check_at?: string | null;
          organization_id: string;
          reason: string;
          receipt_registration?: string | null;
          request_body?: string | null;
          retry_at?: string | null;
          status?: string;
          transaction_id: string;
          updated_at?: string;
          yookassa_refund_id?: string | null;
        };
        Update: {
          amount?: number;
          attempt?: number;
          cancellation_reason?: string | null;
          checks?: number;
          created_at?: string;
          created_by?: string | null;
          currency?: string;
          id?: string;
          idempotence_key?: string;
          next_check_at?: string | null;
          organization_id?: string;
          reason?: string;
          receipt_registration?: string | null;
          request_body?: string | null;
          retry_at?: string | null;
          status?: string;
          transaction_id?: string;
          updated_at?: string;
          yookassa_refund_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "payment_refunds_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "payment_refunds_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "payment_refunds_transaction_id_fkey";
            columns: ["transaction_id"];
            isOneToOne: false;
            referencedRelation: "payment_transactions";
            referencedColumns: ["id"];
          },
        ];
      };
      payment_status_events: {
        Row: {
          id: number;
          occurred_at: string;
          reason: string | null;
          source: string;
          status: Database["public"]["Enums"]["transaction_status"];
          transaction_id: string;
        };
        ComputedFields: never;
        Insert: {
          id?: never;
          occurred_at?: string;
          reason?: string | null;
          source: string;
          status: Database["public"]["Enums"]["transaction_status"];
          transaction_id: string;
        };
        Update: {
          id?: never;
          occurred_at?: string;
          reason?: string | null;
          source?: string;
          status?: Database["public"]["Enums"]["transaction_status"];
          transaction_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "payment_status_events_transaction_id_fkey";
            columns: ["transaction_id"];
            isOneToOne: false;
            referencedRelation: "payment_transactions";
            referencedColumns: ["id"];
          },
        ];
      };
      payment_transactions: {
        Row: {
          amount: number;
          begun_at: string | null;
          bonus_days: number;
          cancellation_party: string | null;
          cancellation_reason: string | null;
          card: Json | null;
          checks: number;
          confirmation_url: string | null;
          created_at: string;
          created_by: string | null;
          credit: number;
          currency: string;
          id: string;
          idempotence_key: string;
          judged_at: string | null;
          kind: Database["public"]["Enums"]["transaction_kind"];
          method_saved: boolean | null;
          next_check_at: string | null;
          organization_id: string;
          paid_amount: number | null;
          paid_currency: string | null;
          payment_method_id: string | null;
          period_start: string | null;
          plan_id: string;
          quarantine_reason: string | null;
          quoted_from: Json | null;
          receipt_registration: string | null;
          refunded_amount: number;
          request_body: string;
          status: Database["public"]["Enums"]["transaction_status"];
          status_source: string;
          subscription_id: string | null;
          updated_at: string;
          voided_at: string | null;
          yookassa_payment_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          amount: number;
          begun_at?: string | null;
          bonus_days?: number;
          cancellation_party?: string | null;
          cancellation_reason?: string | null;
          card?: Json | null;
          checks?: number;
          confirmation_url?: string | null;
          created_at?: string;
          created_by?: string | null;
          credit?: number;
          currency?: string;
          id?: string;
          idempotence_key: string;
          judged_at?: string | null;
          kind: Database["public"]["Enums"]["transaction_kind"];
          method_saved?: boolean | null;
          next_check_at?: string | null;
          organization_id: string;
          paid_amount?: number | null;
          paid_currency?: string | null;
          payment_method_id?: string | null;
          period_start?: string | null;
          plan_id: string;
          quarantine_reason?: string | null;
          quoted_from?: Json | null;
          receipt_registration?: string | null;
          refunded_amount?: number;
          request_body: string;
          status?: Database["public"]["Enums"]["transaction_status"];
          status_source?: string;
          subscription_id?: string | null;
          updated_at?: string;
          voided_at?: string | null;
          yookassa_payment_id?: string | null;
        };
        Update: {
          amount?: number;
          begun_at?: string | null;
          bonus_days?: number;
          cancellation_party?: string | null;
          cancellation_reason?: string | null;
          card?: Json | null;
          checks?: number;
          confirmation_url?: string | null;
          created_at?: string;
          created_by?: string | null;
          credit?: number;
          currency?: string;
          id?: string;
          idempotence_key?: string;
          judged_at?: string | null;
          kind?: Database["public"]["Enums"]["transaction_kind"];
          method_saved?: boolean | null;
          next_check_at?: string | null;
          organization_id?: string;
          paid_amount?: number | null;
          paid_currency?: string | null;
          payment_method_id?: string | null;
          period_start?: string | null;
          plan_id?: string;
          quarantine_reason?: string | null;
          quoted_from?: Json | null;
          receipt_registration?: string | null;
          refunded_amount?: number;
          request_body?: string;
          status?: Database["public"]["Enums"]["transaction_status"];
          status_source?: string;
          subscription_id?: string | null;
          updated_at?: string;
          voided_at?: string | null;
          yookassa_payment_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "payment_transactions_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "payment_transactions_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "payment_transactions_payment_method_id_fkey";
            columns: ["payment_method_id"];
            isOneToOne: false;
            referencedRelation: "payment_methods";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "payment_transactions_plan_id_fkey";
            columns: ["plan_id"];
            isOneToOne: false;
            referencedRelation: "subscription_plans";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "payment_transactions_subscription_id_fkey";
            columns: ["subscription_id"];
            isOneToOne: false;
            referencedRelation: "subscriptions";
            referencedColumns: ["id"];
          },
        ];
      };
      payment_webhooks_log: {
        Row: {
          attempts: number;
          deliveries: number;
          error: string | null;
          event_type: string;
          id: string;
          next_attempt_at: string | null;
          object_id: string;
          object_status: string;
          payload: NonNullable<Json>;
          payload_digest: string;
          processed_at: string | null;
          received_at: string;
          remote_ip: unknown;
          status: string;
        };
        ComputedFields: never;
        Insert: {
          attempts?: number;
          deliveries?: number;
          error?: string | null;
          event_type: string;
          id?: string;
          next_attempt_at?: string | null;
          object_id: string;
          object_status: string;
          payload: NonNullable<Json>;
          payload_digest: string;
          processed_at?: string | null;
          received_at?: string;
          remote_ip?: unknown;
          status: string;
        };
        Update: {
          attempts?: number;
          deliveries?: number;
          error?: string | null;
          event_type?: string;
          id?: string;
          next_attempt_at?: string | null;
          object_id?: string;
          object_status?: string;
          payload?: NonNullable<Json>;
          payload_digest?: string;
          processed_at?: string | null;
          received_at?: string;
          remote_ip?: unknown;
          status?: string;
        };
        Relationships: [];
      };
      plan_prices: {
        Row: {
          amount: number;
          created_at: string;
          created_by: string | null;
          plan_id: string;
          valid_from: string;
        };
        ComputedFields: never;
        Insert: {
          amount: number;
          created_at?: string;
          created_by?: string | null;
          plan_id: string;
          valid_from?: string;
        };
        Update: {
          amount?: number;
          created_at?: string;
          created_by?: string | null;
          plan_id?: string;
          valid_from?: string;
        };
        Relationships: [
          {
            foreignKeyName: "plan_prices_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "plan_prices_plan_id_fkey";
            columns: ["plan_id"];
            isOneToOne: false;
            referencedRelation: "subscription_plans";
            referencedColumns: ["id"];
          },
        ];
      };
      platform_admins: {
        Row: {
          appointed_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          appointed_at?: string;
          user_id: string;
        };
        Update: {
          appointed_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "platform_admins_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: true;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      platform_pages: {
        Row: {
          body: string;
          key: Database["public"]["Enums"]["platform_page_key"];
          locale: string;
          needs_consent: boolean;
          published_at: string;
          title: string;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          body: string;
          key: Database["public"]["Enums"]["platform_page_key"];
          locale: string;
          needs_consent: boolean;
          published_at?: string;
          title: string;
          version: number;
        };
        Update: {
          body?: string;
          key?: Database["public"]["Enums"]["platform_page_key"];
          locale?: string;
          needs_consent?: boolean;
          published_at?: string;
          title?: string;
          version?: number;
        };
        Relationships: [];
      };
      profiles: {
        Row: {
          created_at: string;
          full_name: string;
          id: string;
          locale: string;
          time_zone: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          full_name?: string;
          id: string;
          locale?: string;
          time_zone?: string;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          full_name?: string;
          id?: string;
          locale?: string;
          time_zone?: string;
          updated_at?: string;
        };
        Relationships: [];
      };
      qr_batches: {
        Row: {
          codes: number;
          created_at: string;
          created_by: string | null;
          id: string;
          organization_id: string;
        };
        ComputedFields: never;
        Insert: {
          codes: number;
          created_at?: string;
          created_by?: string | null;
          id?: string;
          organization_id: string;
        };
        Update: {
          codes?: number;
          created_at?: string;
          created_by?: string | null;
          id?: string;
          organization_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "qr_batches_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "qr_batches_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      qr_code_days: {
        Row: {
          day: string;
          hits: number;
          organization_id: string;
          qr_code_id: string;
          scans: number;
          unique_visitors: number;
        };
        ComputedFields: never;
        Insert: {
          day: string;
          hits: number;
          organization_id: string;
          qr_code_id: string;
          scans: number;
          unique_visitors: number;
        };
        Update: {
          day?: string;
          hits?: number;
          organization_id?: string;
          qr_code_id?: string;
          scans?: number;
          unique_visitors?: number;
        };
        Relationships: [
          {
            foreignKeyName: "qr_code_days_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "qr_code_days_qr_code_id_fkey";
            columns: ["qr_code_id"];
            isOneToOne: false;
            referencedRelation: "qr_codes";
            referencedColumns: ["id"];
          },
        ];
      };
      qr_codes: {
        Row: {
          batch_id: string | null;
          code: string;
          created_at: string;
          created_by: string | null;
          id: string;
          is_active: boolean;
          organization_id: string;
          story_id: string | null;
          style: NonNullable<Json>;
          tags: string[];
          target_kind: string;
          target_url: string | null;
          title: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          batch_id?: string | null;
          code?: string;
          created_at?: string;
          created_by?: string | null;
          id?: string;
          is_active?: boolean;
          organization_id: string;
          story_id?: string | null;
          style?: NonNullable<Json>;
          tags?: string[];
          target_kind?: string;
          target_url?: string | null;
          title?: string;
          updated_at?: string;
        };
        Update: {
          batch_id?: string | null;
          code?: string;
          created_at?: string;
          created_by?: string | null;
          id?: string;
          is_active?: boolean;
          organization_id?: string;
          story_id?: string | null;
          style?: NonNullable<Json>;
          tags?: string[];
          target_kind?: string;
          target_url?: string | null;
          title?: string;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "qr_codes_batch_id_fkey";
            columns: ["batch_id"];
            isOneToOne: false;
            referencedRelation: "qr_batches";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "qr_codes_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "qr_codes_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "qr_codes_story_id_fkey";
            columns: ["story_id"];
            isOneToOne: false;
            referencedRelation: "stories";
            referencedColumns: ["id"];
          },
        ];
      };
      qr_organization_days: {
        Row: {
          day: string;
          hits: number;
          organization_id: string;
          scans: number;
          unique_visitors: number;
        };
        ComputedFields: never;
        Insert: {
          day: string;
          hits: number;
          organization_id: string;
          scans: number;
          unique_visitors: number;
        };
        Update: {
          day?: string;
          hits?: number;
          organization_id?: string;
          scans?: number;
          unique_visitors?: number;
        };
        Relationships: [
          {
            foreignKeyName: "qr_organization_days_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      qr_scans: {
        Row: {
          bot_reason: string | null;
          browser: string | null;
          country: string | null;
          device_type: string | null;
          id: number;
          is_unique: boolean;
          organization_id: string;
          os: string | null;
          qr_code_id: string;
          referrer_host: string | null;
          scanned_at: string;
          visitor_hash: string;
          written_in: unknown;
        };
        ComputedFields: never;
        Insert: {
          bot_reason?: string | null;
          browser?: string | null;
          country?: string | null;
          device_type?: string | null;
          id?: never;
          is_unique: boolean;
          organization_id: string;
          os?: string | null;
          qr_code_id: string;
          referrer_host?: string | null;
          scanned_at?: string;
          visitor_hash: string;
          written_in?: unknown;
        };
        Update: {
          bot_reason?: string | null;
          browser?: string | null;
          country?: string | null;
          device_type?: string | null;
          id?: never;
          is_unique?: boolean;
          organization_id?: string;
          os?: string | null;
          qr_code_id?: string;
          referrer_host?: string | null;
          scanned_at?: string;
          visitor_hash?: string;
          written_in?: unknown;
        };
        Relationships: [];
      };
      qr_target_changes: {
        Row: {
          changed_at: string;
          changed_by: string | null;
          from_kind: string;
          from_story_id: string | null;
          from_url: string | null;
          id: string;
          organization_id: string;
          qr_code_id: string;
          to_kind: string;
          to_story_id: string | null;
          to_url: string | null;
        };
        ComputedFields: never;
        Insert: {
          changed_at?: string;
          changed_by?: string | null;
          from_kind: string;
          from_story_id?: string | null;
          from_url?: string | null;
          id?: string;
          organization_id: string;
          qr_code_id: string;
          to_kind: string;
          to_story_id?: string | null;
          to_url?: string | null;
        };
        Update: {
          changed_at?: string;
          changed_by?: string | null;
          from_kind?: string;
          from_story_id?: string | null;
          from_url?: string | null;
          id?: string;
          organization_id?: string;
          qr_code_id?: string;
          to_kind?: string;
          to_story_id?: string | null;
          to_url?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "qr_target_changes_changed_by_fkey";
            columns: ["changed_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "qr_target_changes_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "qr_target_changes_qr_code_id_fkey";
            columns: ["qr_code_id"];
            isOneToOne: false;
            referencedRelation: "qr_codes";
            referencedColumns: ["id"];
          },
        ];
      };
      status_level_events: {
        Row: {
          action: Database["public"]["Enums"]["status_level_action"];
          actor_id: string | null;
          actor_kind: string;
          detail: Json | null;
          id: number;
          level: Database["public"]["Enums"]["status_level"];
          occurred_at: string;
          organization_id: string;
          reason: string | null;
          valid_until: string | null;
        };
        ComputedFields: never;
        Insert: {
          action: Database["public"]["Enums"]["status_level_action"];
          actor_id?: string | null;
          actor_kind: string;
          detail?: Json | null;
          id?: never;
          level: Database["public"]["Enums"]["status_level"];
          occurred_at?: string;
          organization_id: string;
          reason?: string | null;
          valid_until?: string | null;
        };
        Update: {
          action?: Database["public"]["Enums"]["status_level_action"];
          actor_id?: string | null;
          actor_kind?: string;
          detail?: Json | null;
          id?: never;
          level?: Database["public"]["Enums"]["status_level"];
          occurred_at?: string;
          organization_id?: string;
          reason?: string | null;
          valid_until?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "status_level_events_actor_id_fkey";
            columns: ["actor_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      status_notices: {
        Row: {
          noticed_at: string;
          status_id: string;
          threshold: number;
          valid_until: string;
        };
        ComputedFields: never;
        Insert: {
          noticed_at: string;
          status_id: string;
          threshold: number;
          valid_until: string;
        };
        Update: {
          noticed_at?: string;
          status_id?: string;
          threshold?: number;
          valid_until?: string;
        };
        Relationships: [
          {
            foreignKeyName: "status_notices_status_id_fkey";
            columns: ["status_id"];
            isOneToOne: false;
            referencedRelation: "organization_status_levels";
            referencedColumns: ["id"];
          },
        ];
      };
      status_upgrade_requests: {
        Row: {
          approval_ended_at: string | null;
          created_at: string;
          documents: string[];
          evidence_paths: string[];
          id: string;
          message: string;
          organization_id: string;
          requested_by: string | null;
          review_comment: string | null;
          reviewed_at: string | null;
          reviewed_by: string | null;
          status: Database["public"]["Enums"]["upgrade_request_status"];
          target_level: Database["public"]["Enums"]["status_level"];
          updated_at: string;
          waited: string;
          waiting_since: string | null;
        };
        ComputedFields: never;
        Insert: {
          approval_ended_at?: string | null;
          created_at?: string;
          documents?: string[];
          evidence_paths: string[];
          id?: string;
          message: string;
          organization_id: string;
          requested_by?: string | null;
          review_comment?: string | null;
          reviewed_at?: string | null;
          reviewed_by?: string | null;
          status?: Database["public"]["Enums"]["upgrade_request_status"];
          target_level: Database["public"]["Enums"]["status_level"];
          updated_at?: string;
          waited?: string;
          waiting_since?: string | null;
        };
        Update: {
          approval_ended_at?: string | null;
          created_at?: string;
          documents?: string[];
          evidence_paths?: string[];
          id?: string;
          message?: string;
          organization_id?: string;
          requested_by?: string | null;
          review_comment?: string | null;
          reviewed_at?: string | null;
          reviewed_by?: string | null;
          status?: Database["public"]["Enums"]["upgrade_request_status"];
          target_level?: Database["public"]["Enums"]["status_level"];
          updated_at?: string;
          waited?: string;
          waiting_since?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "status_upgrade_requests_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "status_upgrade_requests_requested_by_fkey";
            columns: ["requested_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "status_upgrade_requests_reviewed_by_fkey";
            columns: ["reviewed_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      stories: {
        Row: {
          appealed_at: string | null;
          claimed_by: string | null;
          claimed_until: string | null;
          content_image_url: string | null;
          content_origin: Database["public"]["Enums"]["content_origin"];
          content_text: string | null;
          content_video_url: string | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          external_url: string | null;
          id: string;
          is_featured: boolean;
          media_id: string | null;
          moderated_at: string | null;
          moderated_by: string | null;
          organization_id: string;
          published_at: string | null;
          rejection_code: Database["public"]["Enums"]["story_rejection_code"] | null;
          rejection_comment: string | null;
          scheduled_publish_at: string | null;
          search: unknown;
          status: Database["public"]["Enums"]["story_status"];
          story_type: Database["public"]["Enums"]["story_type"];
          submitted_at: string | null;
          thumbnail_url: string | null;
          title: string;
          updated_at: string;
          view_count: number;
        };
        ComputedFields: never;
        Insert: {
          appealed_at?: string | null;
          claimed_by?: string | null;
          claimed_until?: string | null;
          content_image_url?: string | null;
          content_origin?: Database["public"]["Enums"]["content_origin"];
          content_text?: string | null;
          content_video_url?: string | null;
          created_at?: string;
          created_by?: string | null;
          deleted_at?: string | null;
          external_url?: string | null;
          id?: string;
          is_featured?: boolean;
          media_id?: string | null;
          moderated_at?: string | null;
          moderated_by?: string | null;
          organization_id: string;
          published_at?: string | null;
          rejection_code?: Database["public"]["Enums"]["story_rejection_code"] | null;
          rejection_comment?: string | null;
          scheduled_publish_at?: string | null;
          search?: never;
          status?: Database["public"]["Enums"]["story_status"];
          story_type: Database["public"]["Enums"]["story_type"];
          submitted_at?: string | null;
          thumbnail_url?: string | null;
          title: string;
          updated_at?: string;
          view_count?: number;
        };
        Update: {
          appealed_at?: string | null;
          claimed_by?: string | null;
          claimed_until?: string | null;
          content_image_url?: string | null;
          content_origin?: Database["public"]["Enums"]["content_origin"];
          content_text?: string | null;
          content_video_url?: string | null;
          created_at?: string;
          created_by?: string | null;
          deleted_at?: string | null;
          external_url?: string | null;
          id?: string;
          is_featured?: boolean;
          media_id?: string | null;
          moderated_at?: string | null;
          moderated_by?: string | null;
          organization_id?: string;
          published_at?: string | null;
          rejection_code?: Database["public"]["Enums"]["story_rejection_code"] | null;
          rejection_comment?: string | null;
          scheduled_publish_at?: string | null;
          search?: never;
          status?: Database["public"]["Enums"]["story_status"];
          story_type?: Database["public"]["Enums"]["story_type"];
          submitted_at?: string | null;
          thumbnail_url?: string | null;
          title?: string;
          updated_at?: string;
          view_count?: number;
        };
        Relationships: [
          {
            foreignKeyName: "media_are_of_the_same_organization";
            columns: ["media_id", "organization_id"];
            isOneToOne: false;
            referencedRelation: "story_media";
            referencedColumns: ["id", "organization_id"];
          },
          {
            foreignKeyName: "stories_claimed_by_fkey";
            columns: ["claimed_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "stories_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "stories_moderated_by_fkey";
            columns: ["moderated_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "stories_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      story_activity_log: {
        Row: {
          action: string;
          actor_id: string | null;
          actor_kind: string;
          detail: NonNullable<Json>;
          id: number;
          occurred_at: string;
          organization_id: string;
          story_id: string;
        };
        ComputedFields: never;
        Insert: {
          action: string;
          actor_id?: string | null;
          actor_kind: string;
          detail?: NonNullable<Json>;
          id?: never;
          occurred_at?: string;
          organization_id: string;
          story_id: string;
        };
        Update: {
          action?: string;
          actor_id?: string | null;
          actor_kind?: string;
          detail?: NonNullable<Json>;
          id?: never;
          occurred_at?: string;
          organization_id?: string;
          story_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "story_activity_log_actor_id_fkey";
            columns: ["actor_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "story_activity_log_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "story_activity_log_story_id_fkey";
            columns: ["story_id"];
            isOneToOne: false;
            referencedRelation: "stories";
            referencedColumns: ["id"];
          },
        ];
      };
      story_media: {
        Row: {
          bytes: number;
          check_id: string | null;
          checked_until: string | null;
          content_type: string;
          created_at: string;
          created_by: string | null;
          duration_seconds: number | null;
          folder: string | null;
          height: number | null;
          id: string;
          kind: Database["public"]["Enums"]["story_media_kind"];
          next_folder: string | null;
          organization_id: string;
          problems: string[];
          status: Database["public"]["Enums"]["story_media_status"];
          updated_at: string;
          upload_state: string | null;
          validated_at: string | null;
          width: number | null;
        };
        ComputedFields: never;
        Insert: {
          bytes: number;
          check_id?: string | null;
          checked_until?: string | null;
          content_type: string;
          created_at?: string;
          created_by?: string | null;
          duration_seconds?: number | null;
          folder?: string | null;
          height?: number | null;
          id?: string;
          kind: Database["public"]["Enums"]["story_media_kind"];
          next_folder?: string | null;
          organization_id: string;
          problems?: string[];
          status?: Database["public"]["Enums"]["story_media_status"];
          updated_at?: string;
          upload_state?: string | null;
          validated_at?: string | null;
          width?: number | null;
        };
        Update: {
          bytes?: number;
          check_id?: string | null;
          checked_until?: string | null;
          content_type?: string;
          created_at?: string;
          created_by?: string | null;
          duration_seconds?: number | null;
          folder?: string | null;
          height?: number | null;
          id?: string;
          kind?: Database["public"]["Enums"]["story_media_kind"];
          next_folder?: string | null;
          organization_id?: string;
          problems?: string[];
          status?: Database["public"]["Enums"]["story_media_status"];
          updated_at?: string;
          upload_state?: string | null;
          validated_at?: string | null;
          width?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "story_media_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "story_media_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      story_views: {
        Row: {
          day: string;
          story_id: string;
          visitor: string;
        };
        ComputedFields: never;
        Insert: {
          day: string;
          story_id: string;
          visitor: string;
        };
        Update: {
          day?: string;
          story_id?: string;
          visitor?: string;
        };
        Relationships: [
          {
            foreignKeyName: "story_views_story_id_fkey";
            columns: ["story_id"];
            isOneToOne: false;
            referencedRelation: "stories";
            referencedColumns: ["id"];
          },
        ];
      };
      subscription_periods: {
        Row: {
          began_at: string;
          bonus_days: number;
          credit: number;
          credited: number;
          credited_from: string | null;
          ended_at: string | null;
          ends_at: string;
          id: string;
          organization_id: string;
          paid: number;
          plan_id: string;
          refunded: number;
          refunding: number;
          subscription_id: string;
          transaction_id: string;
        };
        ComputedFields: never;
        Insert: {
          began_at: string;
          bonus_days?: number;
          credit?: number;
          credited?: number;
          credited_from?: string | null;
          ended_at?: string | null;
          ends_at: string;
          id?: string;
          organization_id: string;
          paid: number;
          plan_id: string;
          refunded?: number;
          refunding?: number;
          subscription_id: string;
          transaction_id: string;
        };
        Update: {
          began_at?: string;
          bonus_days?: number;
          credit?: number;
          credited?: number;
          credited_from?: string | null;
          ended_at?: string | null;
          ends_at?: string;
          id?: string;
          organization_id?: string;
          paid?: number;
          plan_id?: string;
          refunded?: number;
          refunding?: number;
          subscription_id?: string;
          transaction_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "subscription_periods_credited_from_fkey";
            columns: ["credited_from"];
            isOneToOne: false;
            referencedRelation: "subscription_periods";
            referencedColumns: ["transaction_id"];
          },
          {
            foreignKeyName: "subscription_periods_transaction_id_fkey";
            columns: ["transaction_id"];
            isOneToOne: true;
            referencedRelation: "payment_transactions";
            referencedColumns: ["id"];
          },
        ];
      };
      subscription_plans: {
        Row: {
          amount: number;
          currency: string;
          id: string;
          is_active: boolean;
          level: Database["public"]["Enums"]["status_level"];
          limits: NonNullable<Json>;
          period: string;
          position: number;
          requires_verification: boolean;
          title: NonNullable<Json>;
          trial_days: number;
        };
        ComputedFields: never;
        Insert: {
          amount: number;
          currency?: string;
          id: string;
          is_active?: boolean;
          level: Database["public"]["Enums"]["status_level"];
          limits: NonNullable<Json>;
          period: string;
          position: number;
          requires_verification?: boolean;
          title: NonNullable<Json>;
          trial_days?: number;
        };
        Update: {
          amount?: number;
          currency?: string;
          id?: string;
          is_active?: boolean;
          level?: Database["public"]["Enums"]["status_level"];
          limits?: NonNullable<Json>;
          period?: string;
          position?: number;
          requires_verification?: boolean;
          title?: NonNullable<Json>;
          trial_days?: number;
        };
        Relationships: [];
      };
      subscription_retry_attempts: {
        Row: {
          attempt: number;
          attempted_at: string | null;
          id: string;
          outcome: string | null;
          period_start: string;
          reason: string | null;
          scheduled_at: string;
          subscription_id: string;
          transaction_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          attempt: number;
          attempted_at?: string | null;
          id?: string;
          outcome?: string | null;
          period_start: string;
          reason?: string | null;
          scheduled_at: string;
          subscription_id: string;
          transaction_id?: string | null;
        };
        Update: {
          attempt?: number;
          attempted_at?: string | null;
          id?: string;
          outcome?: string | null;
          period_start?: string;
          reason?: string | null;
          scheduled_at?: string;
          subscription_id?: string;
          transaction_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "subscription_retry_attempts_subscription_id_fkey";
            columns: ["subscription_id"];
            isOneToOne: false;
            referencedRelation: "subscriptions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "subscription_retry_attempts_transaction_id_fkey";
            columns: ["transaction_id"];
            isOneToOne: false;
            referencedRelation: "payment_transactions";
            referencedColumns: ["id"];
          },
        ];
      };
      subscriptions: {
        Row: {
          amount: number;
          billing_anchor: string;
          cancel_at_period_end: boolean;
          canceled_at: string | null;
          coming_amount: number | null;
          coming_from: string | null;
          created_at: string;
          created_by: string | null;
          current_period_end: string;
          current_period_start: string;
          grace_started_at: string | null;
          grace_until: string | null;
          id: string;
          next_charge_at: string | null;
          organization_id: string;
          payment_method_id: string | null;
          plan_id: string;
          status: Database["public"]["Enums"]["subscription_status"];
          trial_ends_at: string | null;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          amount: number;
          billing_anchor: string;
          cancel_at_period_end?: boolean;
          canceled_at?: string | null;
          coming_amount?: number | null;
          coming_from?: string | null;
          created_at?: string;
          created_by?: string | null;
          current_period_end: string;
          current_period_start: string;
          grace_started_at?: string | null;
          grace_until?: string | null;
          id?: string;
          next_charge_at?: string | null;
          organization_id: string;
          payment_method_id?: string | null;
          plan_id: string;
          status: Database["public"]["Enums"]["subscription_status"];
          trial_ends_at?: string | null;
          updated_at?: string;
        };
        Update: {
          amount?: number;
          billing_anchor?: string;
          cancel_at_period_end?: boolean;
          canceled_at?: string | null;
          coming_amount?: number | null;
          coming_from?: string | null;
          created_at?: string;
          created_by?: string | null;
          current_period_end?: string;
          current_period_start?: string;
          grace_started_at?: string | null;
          grace_until?: string | null;
          id?: string;
          next_charge_at?: string | null;
          organization_id?: string;
          payment_method_id?: string | null;
          plan_id?: string;
          status?: Database["public"]["Enums"]["subscription_status"];
          trial_ends_at?: string | null;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "subscriptions_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "subscriptions_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "subscriptions_payment_method_id_fkey";
            columns: ["payment_method_id"];
            isOneToOne: false;
            referencedRelation: "payment_methods";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "subscriptions_plan_id_fkey";
            columns: ["plan_id"];
            isOneToOne: false;
            referencedRelation: "subscription_plans";
            referencedColumns: ["id"];
          },
        ];
      };
      support_answers: {
        Row: {
          answered_by: string | null;
          created_at: string;
          id: string;
          message: string;
          ticket_id: string;
        };
        ComputedFields: never;
        Insert: {
          answered_by?: string | null;
          created_at?: string;
          id?: string;
          message: string;
          ticket_id: string;
        };
        Update: {
          answered_by?: string | null;
          created_at?: string;
          id?: string;
          message?: string;
          ticket_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "support_answers_answered_by_fkey";
            columns: ["answered_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "support_answers_ticket_id_fkey";
            columns: ["ticket_id"];
            isOneToOne: false;
            referencedRelation: "support_messages";
            referencedColumns: ["id"];
          },
        ];
      };
      support_messages: {
        Row: {
          answered_at: string | null;
          author_id: string | null;
          created_at: string;
          email: string | null;
          id: string;
          message: string;
          number: number;
          organization_id: string | null;
          subject: string;
        };
        ComputedFields: never;
        Insert: {
          answered_at?: string | null;
          author_id?: string | null;
          created_at?: string;
          email?: string | null;
          id?: string;
          message: string;
          number?: never;
          organization_id?: string | null;
          subject: string;
        };
        Update: {
          answered_at?: string | null;
          author_id?: string | null;
          created_at?: string;
          email?: string | null;
          id?: string;
          message?: string;
          number?: never;
          organization_id?: string | null;
          subject?: string;
        };
        Relationships: [
          {
            foreignKeyName: "support_messages_author_id_fkey";
            columns: ["author_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "support_messages_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      upgrade_request_steps: {
        Row: {
          action: string;
          actor_id: string | null;
          evidence_paths: string[];
          id: string;
          message: string | null;
          occurred_at: string;
          organization_id: string;
          request_id: string;
        };
        ComputedFields: never;
        Insert: {
          action: string;
          actor_id?: string | null;
          evidence_paths?: string[];
          id?: string;
          message?: string | null;
          occurred_at?: string;
          organization_id: string;
          request_id: string;
        };
        Update: {
          action?: string;
          actor_id?: string | null;
          evidence_paths?: string[];
          id?: string;
          message?: string | null;
          occurred_at?: string;
          organization_id?: string;
          request_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "upgrade_request_steps_actor_id_fkey";
            columns: ["actor_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "upgrade_request_steps_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "upgrade_request_steps_request_id_fkey";
            columns: ["request_id"];
            isOneToOne: false;
            referencedRelation: "status_upgrade_requests";
            referencedColumns: ["id"];
          },
        ];
      };
      verification_papers: {
        Row: {
          document: string;
          is_required: boolean;
          note: Json | null;
          position: number;
          title: NonNullable<Json>;
          trade: string;
        };
        ComputedFields: never;
        Insert: {
          document: string;
          is_required: boolean;
          note?: Json | null;
          position: number;
          title: NonNullable<Json>;
          trade: string;
        };
        Update: {
          document?: string;
          is_required?: boolean;
          note?: Json | null;
          position?: number;
          title?: NonNullable<Json>;
          trade?: string;
        };
        Relationships: [
          {
            foreignKeyName: "verification_papers_trade_fkey";
            columns: ["trade"];
            isOneToOne: false;
            referencedRelation: "verification_trades";
            referencedColumns: ["trade"];
          },
        ];
      };
      verification_trades: {
        Row: {
          position: number;
          title: NonNullable<Json>;
          trade: string;
          words: string[];
        };
        ComputedFields: never;
        Insert: {
          position: number;
          title: NonNullable<Json>;
          trade: string;
          words: string[];
        };
        Update: {
          position?: number;
          title?: NonNullable<Json>;
          trade?: string;
          words?: string[];
        };
        Relationships: [];
      };
    };
    Views: {
      [_ in never]: never;
    };
    Functions: {
      abandon_checkout: { Args: { transaction_id: string }; Returns: Json };
      accept_evidence: {
        Args: {
          bytes: number;
          content_type: string;
          name?: string;
          organization_id?: string;
          path: string;
          sha256: string;
          uploaded_by: string;
        };
        Returns: {
          bytes: number;
          content_type: string;
          name: string | null;
          organization_id: string | null;
          path: string;
          sha256: string;
          uploaded_by: string | null;
          validated_at: string;
        };
        SetofOptions: {
          from: "*";
          to: "evidence_files";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      accept_invitation: {
        Args: { token: string };
        Returns: {
          joined_at: string;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          user_id: string;
        };
        SetofOptions: {
          from: "*";
          to: "organization_members";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      admin_job_runs: {
        Args: { after?: string; job?: string; max_items?: number; sort?: string; status?: string };
        Returns: Json;
      };
      admin_jobs: { Args: Record<PropertyKey, never>; Returns: Json };
      admin_log: {
        Args: {
          action?: string;
          admin_id?: string;
          after?: string;
          created_from?: string;
          created_to?: string;
          max_items?: number;
          query?: string;
          sort?: string;
        };
        Returns: Json;
      };
      admin_organizations: {
        Args: {
          after?: string;
          created_from?: string;
          created_to?: string;
          level?: Database["public"]["Enums"]["status_level"];
          max_items?: number;
          query?: string;
          sort?: string;
          subscription_status?: Database["public"]["Enums"]["subscription_status"];
        };
        Returns: Json;
      };
      admin_payments: {
        Args: {
          after?: string;
          created_from?: string;
          created_to?: string;
          max_items?: number;
          query?: string;
          sort?: string;
          status?: string;
        };
        Returns: Json;
      };
      admin_people: { Args: Record<PropertyKey, never>; Returns: Json };
      admin_reports: {
        Args: {
          after?: string;
          created_from?: string;
          created_to?: string;
          kind?: string;
          max_items?: number;
          query?: string;
          sort?: string;
          status?: string;
        };
        Returns: Json;
      };
      admin_requests: {
        Args: {
          after?: string;
          created_from?: string;
          created_to?: string;
          kind?: string;
          max_items?: number;
          query?: string;
          sort?: string;
          status?: string;
        };
        Returns: Json;
      };
      admin_support: {
        Args: {
          after?: string;
          created_from?: string;
          created_to?: string;
          max_items?: number;
          query?: string;
          sort?: string;
          status?: string;
        };
        Returns: Json;
      };
      answer_support_message: {
        Args: { message: string; ticket_id: string };
        Returns: {
          answered_by: string | null;
          created_at: string;
          id: string;
          message: string;
          ticket_id: string;
        };
        SetofOptions: {
          from: "*";
          to: "support_answers";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      appeal_story: {
        Args: { message: string; story_id: string };
        Returns: {
          appealed_at: string | null;
          claimed_by: string | null;
          claimed_until: string | null;
          content_image_url: string | null;
          content_origin: Database["public"]["Enums"]["content_origin"];
          content_text: string | null;
          content_video_url: string | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          external_url: string | null;
          id: string;
          is_featured: boolean;
          media_id: string | null;
          moderated_at: string | null;
          moderated_by: string | null;
          organization_id: string;
          published_at: string | null;
          rejection_code: Database["public"]["Enums"]["story_rejection_code"] | null;
          rejection_comment: string | null;
          scheduled_publish_at: string | null;
          search: unknown;
          status: Database["public"]["Enums"]["story_status"];
          story_type: Database["public"]["Enums"]["story_type"];
          submitted_at: string | null;
          thumbnail_url: string | null;
          title: string;
          updated_at: string;
          view_count: number;
        };
        SetofOptions: {
          from: "*";
          to: "stories";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      approve_story: {
        Args: { seen_updated_at?: string; story_id: string };
        Returns: {
          appealed_at: string | null;
          claimed_by: string | null;
          claimed_until: string | null;
          content_image_url: string | null;
          content_origin: Database["public"]["Enums"]["content_origin"];
          content_text: string | null;
          content_video_url: string | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          external_url: string | null;
          id: string;
          is_featured: boolean;
          media_id: string | null;
          moderated_at: string | null;
          moderated_by: string | null;
          organization_id: string;
          published_at: string | null;
          rejection_code: Database["public"]["Enums"]["story_rejection_code"] | null;
          rejection_comment: string | null;
          scheduled_publish_at: string | null;
          search: unknown;
          status: Database["public"]["Enums"]["story_status"];
          story_type: Database["public"]["Enums"]["story_type"];
          submitted_at: string | null;
          thumbnail_url: string | null;
          title: string;
          updated_at: string;
          view_count: number;
        };
        SetofOptions: {
          from: "*";
          to: "stories";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      begin_charge: { Args: { as_of?: string; transaction_id: string }; Returns: Json };
      begin_job: { Args: { job: string }; Returns: string };
      begin_logo: { Args: { organization_id: string; purpose: string }; Returns: undefined };
      begin_media_check: { Args: { kind: string; media_id: string }; Returns: Json };
      begin_reconciliation: { Args: { as_of?: string }; Returns: Json };
      billing_overview: { Args: { organization_id: string }; Returns: Json };
      cancel_subscription: {
        Args: { organization_id: string };
        Returns: {
          amount: number;
          billing_anchor: string;
          cancel_at_period_end: boolean;
          canceled_at: string | null;
          coming_amount: number | null;
          coming_from: string | null;
          created_at: string;
          created_by: string | null;
          current_period_end: string;
          current_period_start: string;
          grace_started_at: string | null;
          grace_until: string | null;
          id: string;
          next_charge_at: string | null;
          organization_id: string;
          payment_method_id: string | null;
          plan_id: string;
          status: Database["public"]["Enums"]["subscription_status"];
          trial_ends_at: string | null;
          updated_at: string;
        };
        SetofOptions: {
          from: "*";
          to: "subscriptions";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      change_member_role: {
        Args: {
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          user_id: string;
        };
        Returns: {
          joined_at: string;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          user_id: string;
        };
        SetofOptions: {
          from: "*";
          to: "organization_members";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      check_qr_codes: { Args: { items: Json; organization_id: string }; Returns: number };
      check_qr_style: { Args: { style: Json }; Returns: Json };
      claim_due_charges: { Args: { as_of?: string; max_items?: number }; Returns: Json };
      claim_emails: { Args: { as_of?: string; lease_seconds?: number; max_items?: number }; Returns: Json };
      claim_organization: {
        Args: { evidence_paths?: string[]; inn: string; legal_name: string; message: string };
        Returns: Json;
      };
      claim_papers: { Args: { paths: string[] }; Returns: Json };
      claim_payment_sweep: { Args: { as_of?: string; max_items?: number }; Returns: Json };
      claim_story: {
        Args: { story_id: string };
        Returns: {
          appealed_at: string | null;
          claimed_by: string | null;
          claimed_until: string | null;
          content_image_url: string | null;
          content_origin: Database["public"]["Enums"]["content_origin"];
          content_text: string | null;
          content_video_url: string | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          external_url: string | null;
          id: string;
          is_featured: boolean;
          media_id: string | null;
          moderated_at: string | null;
          moderated_by: string | null;
          organization_id: string;
          published_at: string | null;
          rejection_code: Database["public"]["Enums"]["story_rejection_code"] | null;
          rejection_comment: string | null;
          scheduled_publish_at: string | null;
          search: unknown;
          status: Database["public"]["Enums"]["story_status"];
          story_type: Database["public"]["Enums"]["story_type"];
          submitted_at: string | null;
          thumbnail_url: string | null;
          title: string;
          updated_at: string;
          view_count: number;
        };
        SetofOptions: {
          from: "*";
          to: "stories";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      configure_platform: { Args: { settings: Json }; Returns: undefined };
      count_checkout: { Args: Record<PropertyKey, never>; Returns: undefined };
      count_inspection: { Args: { user_id: string }; Returns: undefined };
      count_refused_request: { Args: { remote_ip: string }; Returns: Json };
      create_organization: {
        Args: { inn: string; legal_name?: string; name: string; slug: string };
        Returns: {
          category: string | null;
          contacts: Json | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          deletion_requested_at: string | null;
          description: string | null;
          first_level_at: string | null;
          id: string;
          inn: string | null;
          inn_freed_at: string | null;
          is_published: boolean;
          legal_name: string | null;
          logo_path: string | null;
          masked_inn: string | null;
          name: string;
          region: string | null;
          release_noticed_at: string | null;
          released_at: string | null;
          slug: string;
          updated_at: string;
          was_published: boolean | null;
          website_url: string | null;
        };
        SetofOptions: {
          from: "*";
          to: "organizations";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      create_qr_codes: { Args: { items: Json; organization_id: string }; Returns: Json };
      create_story_media: {
        Args: { bytes: number; content_type: string; kind: string; organization_id: string };
        Returns: Json;
      };
      delete_organization: { Args: { confirmation: string; organization_id: string }; Returns: string };
      delete_story: {
        Args: { story_id: string };
        Returns: {
          appealed_at: string | null;
          claimed_by: string | null;
          claimed_until: string | null;
          content_image_url: string | null;
          content_origin: Database["public"]["Enums"]["content_origin"];
          content_text: string | null;
          content_video_url: string | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          external_url: string | null;
          id: string;
          is_featured: boolean;
          media_id: string | null;
          moderated_at: string | null;
          moderated_by: string | null;
          organization_id: string;
          published_at: string | null;
          rejection_code: Database["public"]["Enums"]["story_rejection_code"] | null;
          rejection_comment: string | null;
          scheduled_publish_at: string | null;
          search: unknown;
          status: Database["public"]["Enums"]["story_status"];
          story_type: Database["public"]["Enums"]["story_type"];
          submitted_at: string | null;
          thumbnail_url: string | null;
          title: string;
          updated_at: string;
          view_count: number;
        };
        SetofOptions: {
          from: "*";
          to: "stories";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      ensure_level_a: { Args: { organization_id: string; subscription_id: string }; Returns: Json };
      fail_notification: {
        Args: { as_of?: string; is_final: boolean; notification_id: string; reason: string };
        Returns: undefined;
      };
      feature_story: {
        Args: { featured?: boolean; story_id: string };
        Returns: {
          appealed_at: string | null;
          claimed_by: string | null;
          claimed_until: string | null;
          content_image_url: string | null;
          content_origin: Database["public"]["Enums"]["content_origin"];
          content_text: string | null;
          content_video_url: string | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          external_url: string | null;
          id: string;
          is_featured: boolean;
          media_id: string | null;
          moderated_at: string | null;
          moderated_by: string | null;
          organization_id: string;
          published_at: string | null;
          rejection_code: Database["public"]["Enums"]["story_rejection_code"] | null;
          rejection_comment: string | null;
          scheduled_publish_at: string | null;
          search: unknown;
          status: Database["public"]["Enums"]["story_status"];
          story_type: Database["public"]["Enums"]["story_type"];
          submitted_at: string | null;
          thumbnail_url: string | null;
          title: string;
          updated_at: string;
          view_count: number;
        };
        SetofOptions: {
          from: "*";
          to: "stories";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      finish_job: {
        Args: { error?: string; run_id: string; status: string; summary?: Json };
        Returns: undefined;
      };
      forget_payment_method: { Args: { payment_method_id: string }; Returns: Json };
      get_catalogue_choices: { Args: Record<PropertyKey, never>; Returns: Json };
      get_company: { Args: Record<PropertyKey, never>; Returns: Json };
      get_expiring_statuses: {
        Args: { days: number };
        Returns: {
          days_left: number;
          level: Database["public"]["Enums"]["status_level"];
          organization: string;
          organization_id: string;
          valid_until: string;
        }[];
      };
      get_invitation: { Args: { token: string }; Returns: Json };
      get_organization_page: { Args: { slug: string }; Returns: Json };
      get_organization_status: { Args: { organization_id: string }; Returns: Json };
      get_payment_status: { Args: { transaction_id: string }; Returns: Json };
      get_platform_page: { Args: { key: string; locale?: string; version?: number }; Returns: Json };
      get_qr_page: { Args: { code: string }; Returns: Json };
      get_status_history: {
        Args: { organization_id: string };
        Returns: {
          action: Database["public"]["Enums"]["status_level_action"];
          detail: Json;
          level: Database["public"]["Enums"]["status_level"];
          occurred_at: string;
          reason: string;
          valid_until: string;
        }[];
      };
      give_consents: { Args: { organization_id?: string; texts: Json }; Returns: number };
      grant_status_level: {
        Args: {
          level: Database["public"]["Enums"]["status_level"];
          notes?: string;
          organization_id: string;
          subscription_id?: string;
          valid_until?: string;
        };
        Returns: string;
      };
      handle_subscription_status_change: {
        Args: {
          new_status: Database["public"]["Enums"]["subscription_status"];
          organization_id: string;
          subscription_id: string;
        };
        Returns: Json;
      };
      invite_member: {
        Args: {
          email: string;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
        };
        Returns: Json;
      };
      is_grace_period_ended: { Args: { organization_id: string }; Returns: boolean };
      judge_quarantined: {
        Args: { comment: string; decision: string; transaction_id: string };
        Returns: Json;
      };
      level_c_progress: {
        Args: { organization_id: string };
        Returns: {
          criterion: string;
          current: number;
          met: boolean;
          required: number;
        }[];
      };
      list_organizations: { Args: { after?: string; every?: number; max_items?: number }; Returns: Json };
      list_platform_pages: { Args: { locale?: string }; Returns: Json };
      list_report_outcomes: { Args: { after?: string; max_items?: number }; Returns: Json };
      list_stories: { Args: { after?: string; every?: number; max_items?: number }; Returns: Json };
      mark_notifications_read: { Args: { ids?: number[]; up_to?: number }; Returns: number };
      mark_shared: { Args: { organization_id: string }; Returns: string };
      moderation_queue: { Args: { after?: string; max_items?: number }; Returns: Json };
      my_account: { Args: Record<PropertyKey, never>; Returns: Json };
      organization_buckets: { Args: Record<PropertyKey, never>; Returns: string[] };
      organization_overview: { Args: { organization_id: string }; Returns: Json };
      organization_qr_timeline: {
        Args: { as_of?: string; organization_id: string; period?: string; time_zone?: string };
        Returns: {
          bucket: string;
          hits: number;
          scans: number;
          unique_visitors: number;
        }[];
      };
      payment_to_refetch: { Args: { transaction_id: string }; Returns: Json };
      platform_health: { Args: Record<PropertyKey, never>; Returns: Json };
      preview_qr_style: { Args: { organization_id: string; style: Json }; Returns: Json };
      publish_platform_page: { Args: { key: string; needs_consent?: boolean; texts: Json }; Returns: Json };
      qr_breakdown: {
        Args: { as_of?: string; dimension?: string; period?: string; qr_code_id: string };
        Returns: {
          hits: number;
          scans: number;
          share: number;
          unique_visitors: number;
          value: string;
        }[];
      };
      qr_scan_log: {
        Args: { after?: number; as_of?: string; max_items?: number; period?: string; qr_code_id: string };
        Returns: Json;
      };
      qr_styles_to_export: {
        Args: { batch_id?: string; ids?: string[]; organization_id: string; tag?: string };
        Returns: Json;
      };
      qr_timeline: {
        Args: { as_of?: string; period?: string; qr_code_id: string; time_zone?: string };
        Returns: {
          bucket: string;
          hits: number;
          scans: number;
          unique_visitors: number;
        }[];
      };
      qr_to_draw: { Args: { code: string }; Returns: Json };
      qr_to_export: {
        Args: {
          after?: string;
          batch_id?: string;
          ids?: string[];
          max_items?: number;
          organization_id: string;
          tag?: string;
        };
        Returns: Json;
      };
      quote_plan_change: { Args: { organization_id: string; plan_id: string }; Returns: Json };
      receive_notification: { Args: { payload: Json; remote_ip?: string }; Returns: Json };
      reconcile: { Args: { as_of?: string; payments: Json; refunds: Json; since: string }; Returns: Json };
      record_payment: { Args: { as_of?: string; payment: Json; source: string }; Returns: Json };
      record_receipts: {
        Args: { receipts: Json; refund_id?: string; transaction_id: string };
        Returns: Json;
      };
      record_refund: { Args: { as_of?: string; refund: Json; source: string }; Returns: Json };
      record_refund_refusal: { Args: { reason: string; refund_id: string }; Returns: undefined };
      record_refusal: { Args: { as_of?: string; reason: string; transaction_id: string }; Returns: Json };
      record_story_view: { Args: { story_id: string; visitor: string }; Returns: Json };
      recount_qr: { Args: { qr_code_id: string; since?: string }; Returns: Json };
      refund_limit: { Args: { transaction_id: string }; Returns: Json };
      reject_story: {
        Args: { code: string; comment: string; story_id: string };
        Returns: {
          appealed_at: string | null;
          claimed_by: string | null;
          claimed_until: string | null;
          content_image_url: string | null;
          content_origin: Database["public"]["Enums"]["content_origin"];
          content_text: string | null;
          content_video_url: string | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          external_url: string | null;
          id: string;
          is_featured: boolean;
          media_id: string | null;
          moderated_at: string | null;
          moderated_by: string | null;
          organization_id: string;
          published_at: string | null;
          rejection_code: Database["public"]["Enums"]["story_rejection_code"] | null;
          rejection_comment: string | null;
          scheduled_publish_at: string | null;
          search: unknown;
          status: Database["public"]["Enums"]["story_status"];
          story_type: Database["public"]["Enums"]["story_type"];
          submitted_at: string | null;
          thumbnail_url: string | null;
          title: string;
          updated_at: string;
          view_count: number;
        };
        SetofOptions: {
          from: "*";
          to: "stories";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      remove_member: { Args: { organization_id: string; user_id: string }; Returns: undefined };
      report_abuse: {
        Args: {
          email?: string;
          evidence_paths?: string[];
          kind: string;
          message?: string;
          organization_id?: string;
          url?: string;
        };
        Returns: Json;
      };
      request_name_change: {
        Args: {
          evidence_paths?: string[];
          legal_name?: string;
          message?: string;
          name?: string;
          organization_id: string;
        };
        Returns: {
          created_at: string;
          evidence_paths: string[];
          id: string;
          legal_name: string | null;
          message: string;
          name: string;
          organization_id: string;
          requested_by: string | null;
          review_comment: string | null;
          reviewed_at: string | null;
          reviewed_by: string | null;
          status: Database["public"]["Enums"]["name_change_status"];
          updated_at: string;
        };
        SetofOptions: {
          from: "*";
          to: "name_change_requests";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      resolve_difference: { Args: { difference_id: string; resolution: string }; Returns: undefined };
      restore_organization: { Args: { organization_id: string }; Returns: undefined };
      restore_story: {
        Args: { story_id: string };
        Returns: {
          appealed_at: string | null;
          claimed_by: string | null;
          claimed_until: string | null;
          content_image_url: string | null;
          content_origin: Database["public"]["Enums"]["content_origin"];
          content_text: string | null;
          content_video_url: string | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          external_url: string | null;
          id: string;
          is_featured: boolean;
          media_id: string | null;
          moderated_at: string | null;
          moderated_by: string | null;
          organization_id: string;
          published_at: string | null;
          rejection_code: Database["public"]["Enums"]["story_rejection_code"] | null;
          rejection_comment: string | null;
          scheduled_publish_at: string | null;
          search: unknown;
          status: Database["public"]["Enums"]["story_status"];
          story_type: Database["public"]["Enums"]["story_type"];
          submitted_at: string | null;
          thumbnail_url: string | null;
          title: string;
          updated_at: string;
          view_count: number;
        };
        SetofOptions: {
          from: "*";
          to: "stories";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      resume_subscription: {
        Args: { organization_id: string };
        Returns: {
          amount: number;
          billing_anchor: string;
          cancel_at_period_end: boolean;
          canceled_at: string | null;
          coming_amount: number | null;
          coming_from: string | null;
          created_at: string;
          created_by: string | null;
          current_period_end: string;
          current_period_start: string;
          grace_started_at: string | null;
          grace_until: string | null;
          id: string;
          next_charge_at: string | null;
          organization_id: string;
          payment_method_id: string | null;
          plan_id: string;
          status: Database["public"]["Enums"]["subscription_status"];
          trial_ends_at: string | null;
          updated_at: string;
        };
        SetofOptions: {
          from: "*";
          to: "subscriptions";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      review_claim: {
        Args: { claim_id: string; comment?: string; decision: string; outcome?: string };
        Returns: {
          claimant_id: string | null;
          created_at: string;
          evidence_paths: string[];
          id: string;
          inn: string;
          legal_name: string;
          message: string;
          organization_id: string;
          outcome: string | null;
          review_comment: string | null;
          reviewed_at: string | null;
          reviewed_by: string | null;
          status: Database["public"]["Enums"]["claim_status"];
          updated_at: string;
        };
        SetofOptions: {
          from: "*";
          to: "organization_claims";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      review_name_change: {
        Args: { comment?: string; decision: string; request_id: string };
        Returns: {
          created_at: string;
          evidence_paths: string[];
          id: string;
          legal_name: string | null;
          message: string;
          name: string;
          organization_id: string;
          requested_by: string | null;
          review_comment: string | null;
          reviewed_at: string | null;
          reviewed_by: string | null;
          status: Database["public"]["Enums"]["name_change_status"];
          updated_at: string;
        };
        SetofOptions: {
          from: "*";
          to: "name_change_requests";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      review_report: {
        Args: { comment?: string; outcome: string; publish?: boolean; report_id: string };
        Returns: {
          created_at: string;
          email: string | null;
          evidence_paths: string[];
          id: string;
          is_visitor: boolean;
          kind: Database["public"]["Enums"]["report_kind"];
          message: string;
          organization_id: string | null;
          outcome: Database["public"]["Enums"]["report_outcome"] | null;
          published_at: string | null;
          reporter_id: string | null;
          review_comment: string | null;
          reviewed_at: string | null;
          reviewed_by: string | null;
          unpublish_comment: string | null;
          unpublished_at: string | null;
          url: string | null;
        };
        SetofOptions: {
          from: "*";
          to: "abuse_reports";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      review_upgrade_request: {
        Args: {
          comment?: string;
          decision: string;
          documents?: string[];
          request_id: string;
          valid_until?: string;
        };
        Returns: {
          approval_ended_at: string | null;
          created_at: string;
          documents: string[];
          evidence_paths: string[];
          id: string;
          message: string;
          organization_id: string;
          requested_by: string | null;
          review_comment: string | null;
          reviewed_at: string | null;
          reviewed_by: string | null;
          status: Database["public"]["Enums"]["upgrade_request_status"];
          target_level: Database["public"]["Enums"]["status_level"];
          updated_at: string;
          waited: string;
          waiting_since: string | null;
        };
        SetofOptions: {
          from: "*";
          to: "status_upgrade_requests";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      revoke_invitation: { Args: { invitation_id: string }; Returns: undefined };
      revoke_status_level: {
        Args: { level: Database["public"]["Enums"]["status_level"]; organization_id: string; reason: string };
        Returns: Json;
      };
      run_billing_cycle: { Args: { as_of?: string; max_rows?: number }; Returns: Json };
      run_level_c: { Args: { as_of?: string }; Returns: Json };
      run_organization_cleanup: { Args: { as_of?: string }; Returns: Json };
      run_qr_rollup: { Args: { as_of?: string }; Returns: Json };
      run_status_expiry: { Args: { as_of?: string; max_rows?: number }; Returns: Json };
      scan_qr: { Args: { as_of?: string; code: string; visitor?: Json }; Returns: Json };
      scan_qr_codes: { Args: { as_of?: string; scans: Json }; Returns: Json };
      search_organizations: {
        Args: {
          after?: string;
          category?: string;
          level?: Database["public"]["Enums"]["status_level"];
          max_items?: number;
          query?: string;
          region?: string;
        };
        Returns: Json;
      };
      search_qr_codes: {
        Args: {
          after?: string;
          max_items?: number;
          organization_id: string;
          query?: string;
          sort?: string;
          tag?: string;
        };
        Returns: Json;
      };
      search_stories: {
        Args: {
          after?: string;
          max_items?: number;
          organization_id?: string;
          query?: string;
          story_type?: Database["public"]["Enums"]["story_type"];
        };
        Returns: Json;
      };
      send_support_message: {
        Args: { email?: string; message: string; organization_id?: string; subject: string };
        Returns: Json;
      };
      set_logo: { Args: { logo_path: string; organization_id: string }; Returns: undefined };
      set_main_payment_method: { Args: { payment_method_id: string }; Returns: Json };
      set_notification_setting: {
        Args: { by_email: boolean; in_app: boolean; kind: string };
        Returns: {
          by_email: boolean;
          in_app: boolean;
          kind: string;
          user_id: string;
        };
        SetofOptions: {
          from: "*";
          to: "notification_settings";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      set_plan_price: { Args: { amount: number; plan_id: string; valid_from?: string }; Returns: Json };
      settle_email: {
        Args: {
          as_of?: string;
          email_id: string;
          error?: string;
          is_final?: boolean;
          is_sent?: boolean;
          lease_id: string;
        };
        Returns: string;
      };
      settle_media_check: { Args: { check_id: string; finding?: Json; media_id: string }; Returns: Json };
      settle_notification: {
        Args: { as_of?: string; notification_id: string; payment: Json };
        Returns: Json;
      };
      settle_story_files: { Args: { media_id: string }; Returns: boolean };
      stale_files: { Args: { as_of?: string; max_items?: number }; Returns: Json };
      start_checkout: { Args: { kind: string; organization_id: string; plan_id: string }; Returns: Json };
      start_grace_period: { Args: { days?: number; organization_id: string }; Returns: string };
      start_job: { Args: { as_of?: string; job: string }; Returns: string };
      start_refund: { Args: { amount?: number; reason?: string; transaction_id: string }; Returns: Json };
      status_overview: { Args: { organization_id: string }; Returns: Json };
      story_file: { Args: { file: string; story_id: string }; Returns: Json };
      story_files_to_move: { Args: { max_items?: number }; Returns: Json };
      story_media_to_show: { Args: { media_id: string }; Returns: Json };
      submit_story: {
        Args: { story_id: string };
        Returns: {
          appealed_at: string | null;
          claimed_by: string | null;
          claimed_until: string | null;
          content_image_url: string | null;
          content_origin: Database["public"]["Enums"]["content_origin"];
          content_text: string | null;
          content_video_url: string | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          external_url: string | null;
          id: string;
          is_featured: boolean;
          media_id: string | null;
          moderated_at: string | null;
          moderated_by: string | null;
          organization_id: string;
          published_at: string | null;
          rejection_code: Database["public"]["Enums"]["story_rejection_code"] | null;
          rejection_comment: string | null;
          scheduled_publish_at: string | null;
          search: unknown;
          status: Database["public"]["Enums"]["story_status"];
          story_type: Database["public"]["Enums"]["story_type"];
          submitted_at: string | null;
          thumbnail_url: string | null;
          title: string;
          updated_at: string;
          view_count: number;
        };
        SetofOptions: {
          from: "*";
          to: "stories";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      submit_upgrade_request: {
        Args: {
          evidence_paths?: string[];
          message: string;
          organization_id: string;
          target_level: Database["public"]["Enums"]["status_level"];
        };
        Returns: {
          approval_ended_at: string | null;
          created_at: string;
          documents: string[];
          evidence_paths: string[];
          id: string;
          message: string;
          organization_id: string;
          requested_by: string | null;
          review_comment: string | null;
          reviewed_at: string | null;
          reviewed_by: string | null;
          status: Database["public"]["Enums"]["upgrade_request_status"];
          target_level: Database["public"]["Enums"]["status_level"];
          updated_at: string;
          waited: string;
          waiting_since: string | null;
        };
        SetofOptions: {
          from: "*";
          to: "status_upgrade_requests";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      tag_qr_codes: {
        Args: { add?: string[]; ids: string[]; organization_id: string; remove?: string[] };
        Returns: number;
      };
      transfer_ownership: { Args: { organization_id: string; user_id: string }; Returns: undefined };
      unpublish_report: {
        Args: { comment: string; report_id: string };
        Returns: {
          created_at: string;
          email: string | null;
          evidence_paths: string[];
          id: string;
          is_visitor: boolean;
          kind: Database["public"]["Enums"]["report_kind"];
          message: string;
          organization_id: string | null;
          outcome: Database["public"]["Enums"]["report_outcome"] | null;
          published_at: string | null;
          reporter_id: string | null;
          review_comment: string | null;
          reviewed_at: string | null;
          reviewed_by: string | null;
          unpublish_comment: string | null;
          unpublished_at: string | null;
          url: string | null;
        };
        SetofOptions: {
          from: "*";
          to: "abuse_reports";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      unpublish_story: {
        Args: { story_id: string };
        Returns: {
          appealed_at: string | null;
          claimed_by: string | null;
          claimed_until: string | null;
          content_image_url: string | null;
          content_origin: Database["public"]["Enums"]["content_origin"];
          content_text: string | null;
          content_video_url: string | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          external_url: string | null;
          id: string;
          is_featured: boolean;
          media_id: string | null;
          moderated_at: string | null;
          moderated_by: string | null;
          organization_id: string;
          published_at: string | null;
          rejection_code: Database["public"]["Enums"]["story_rejection_code"] | null;
          rejection_comment: string | null;
          scheduled_publish_at: string | null;
          search: unknown;
          status: Database["public"]["Enums"]["story_status"];
          story_type: Database["public"]["Enums"]["story_type"];
          submitted_at: string | null;
          thumbnail_url: string | null;
          title: string;
          updated_at: string;
          view_count: number;
        };
        SetofOptions: {
          from: "*";
          to: "stories";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      unsubscribe: { Args: { token: string }; Returns: Json };
      verification_guide: { Args: { category?: string }; Returns: Json };
      withdraw_name_change: {
        Args: { request_id: string };
        Returns: {
          created_at: string;
          evidence_paths: string[];
          id: string;
          legal_name: string | null;
          message: string;
          name: string;
          organization_id: string;
          requested_by: string | null;
          review_comment: string | null;
          reviewed_at: string | null;
          reviewed_by: string | null;
          status: Database["public"]["Enums"]["name_change_status"];
          updated_at: string;
        };
        SetofOptions: {
          from: "*";
          to: "name_change_requests";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      withdraw_story: {
        Args: { story_id: string };
        Returns: {
          appealed_at: string | null;
          claimed_by: string | null;
          claimed_until: string | null;
          content_image_url: string | null;
          content_origin: Database["public"]["Enums"]["content_origin"];
          content_text: string | null;
          content_video_url: string | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          external_url: string | null;
          id: string;
          is_featured: boolean;
          media_id: string | null;
          moderated_at: string | null;
          moderated_by: string | null;
          organization_id: string;
          published_at: string | null;
          rejection_code: Database["public"]["Enums"]["story_rejection_code"] | null;
          rejection_comment: string | null;
          scheduled_publish_at: string | null;
          search: unknown;
          status: Database["public"]["Enums"]["story_status"];
          story_type: Database["public"]["Enums"]["story_type"];
          submitted_at: string | null;
          thumbnail_url: string | null;
          title: string;
          updated_at: string;
          view_count: number;
        };
        SetofOptions: {
          from: "*";
          to: "stories";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      withdraw_upgrade_request: {
        Args: { request_id: string };
        Returns: {
          approval_ended_at: string | null;
          created_at: string;
          documents: string[];
          evidence_paths: string[];
          id: string;
          message: string;
          organization_id: string;
          requested_by: string | null;
          review_comment: string | null;
          reviewed_at: string | null;
          reviewed_by: string | null;
          status: Database["public"]["Enums"]["upgrade_request_status"];
          target_level: Database["public"]["Enums"]["status_level"];
          updated_at: string;
          waited: string;
          waiting_since: string | null;
        };
        SetofOptions: {
          from: "*";
          to: "status_upgrade_requests";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
    };
    Enums: {
      claim_status: "pending" | "approved" | "rejected";
      content_origin: "direct_input" | "video_upload" | "telegram_import" | "external_link";
      name_change_status: "pending" | "approved" | "rejected" | "withdrawn";
      organization_role: "viewer" | "editor" | "admin" | "owner";
      platform_page_key: "about" | "how_we_verify" | "offer" | "privacy" | "contacts";
      report_kind: "fake_badge" | "false_claim" | "stolen_name" | "other";
      report_outcome: "upheld" | "not_upheld" | "duplicate";
      status_level: "0" | "A" | "B" | "C";
      status_level_action:
        | "granted"
        | "extended"
        | "revoked"
        | "expired"
        | "grace_started"
        | "grace_ended"
        | "superseded"
        | "name_changed";
      story_media_kind: "video" | "image";
      story_media_status: "uploaded" | "checking" | "ready" | "refused";
      story_rejection_code:
        | "off_topic"
        | "advertising"
        | "false_claim"
        | "low_quality"
        | "prohibited"
        | "personal_data"
        | "other";
      story_status: "draft" | "pending_review" | "published" | "rejected";
      story_type:
        "success_story" | "expert_opinion" | "customer_review" | "event_announcement" | "service_showcase";
      subscription_status: "trialing" | "active" | "past_due" | "canceled" | "expired";
      transaction_kind: "trial_hold" | "first_payment" | "renewal" | "plan_change" | "card_check";
      transaction_status:
        "created" | "pending" | "waiting_for_capture" | "succeeded" | "canceled" | "quarantined";
      upgrade_request_status: "pending" | "approved" | "rejected" | "withdrawn" | "more_asked";
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    keyof (DefaultSchema["Tables"] & DefaultSchema["Views"]) | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R;
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R;
      }
      ? R
      : never
    : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    keyof DefaultSchema["Tables"] | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I;
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I;
      }
      ? I
      : never
    : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    keyof DefaultSchema["Tables"] | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U;
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U;
      }
      ? U
      : never
    : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    keyof DefaultSchema["Enums"] | { schema: keyof DatabaseWithoutInternals },
  EnumName extends (DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never) = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
    : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    keyof DefaultSchema["CompositeTypes"] | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends (PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never) = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
    : never;

export const Constants = {
  public: {
    Enums: {
      claim_status: ["pending", "approved", "rejected"],
      content_origin: ["direct_input", "video_upload", "telegram_import", "external_link"],
      name_change_status: ["pending", "approved", "rejected", "withdrawn"],
      organization_role: ["viewer", "editor", "admin", "owner"],
      platform_page_key: ["about", "how_we_verify", "offer", "privacy", "contacts"],
      report_kind: ["fake_badge", "false_claim", "stolen_name", "other"],
      report_outcome: ["upheld", "not_upheld", "duplicate"],
      status_level: ["0", "A", "B", "C"],
      status_level_action: [
        "granted",
        "extended",
        "revoked",
        "expired",
        "grace_started",
        "grace_ended",
        "superseded",
        "name_changed",
      ],
      story_media_kind: ["video", "image"],
      story_media_status: ["uploaded", "checking", "ready", "refused"],
      story_rejection_code: [
        "off_topic",
        "advertising",
        "false_claim",
        "low_quality",
        "prohibited",
        "personal_data",
        "other",
      ],
      story_status: ["draft", "pending_review", "published", "rejected"],
      story_type: [
        "success_story",
        "expert_opinion",
        "customer_review",
        "event_announcement",
        "service_showcase",
      ],
      subscription_status: ["trialing", "active", "past_due", "canceled", "expired"],
      transaction_kind: ["trial_hold", "first_payment", "renewal", "plan_change", "card_check"],
      transaction_status: [
        "created",
        "pending",
        "waiting_for_capture",
        "succeeded",
        "canceled",
        "quarantined",
      ],
      upgrade_request_status: ["pending", "approved", "rejected", "withdrawn", "more_asked"],
    },
  },
} as const;
